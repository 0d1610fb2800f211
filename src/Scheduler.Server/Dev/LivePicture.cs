using System.Globalization;
using Scheduler.Database;
using Scheduler.Runs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Scheduler.Server.Dev;

/// <summary>The picture of a running cluster: redrawn each second on a terminal, a line every five seconds elsewhere.</summary>
public static class LivePicture
{
    private static readonly TimeSpan Redraw = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Line = TimeSpan.FromSeconds(5);
    private const int ReasonWidthMax = 60;

    /// <summary>Show a development cluster until the token says to stop.</summary>
    public static Task Show(DevCluster cluster, CancellationToken token) =>
        Show(t => ClusterPicture.Read(cluster.Connection, t), () => cluster.Ended, AnsiConsole.Console,
            AnsiConsole.Profile.Capabilities.Ansi && !Console.IsOutputRedirected, token);

    /// <summary>Show until the token says to stop. A picture that cannot be read is said in its place; the former one stays.</summary>
    /// <param name="read">Reads the picture.</param>
    /// <param name="notes">Lines below it, e.g. processes that ended.</param>
    /// <param name="console">Where to.</param>
    /// <param name="terminal">Whether to redraw in place.</param>
    /// <param name="token">Ends it, without an exception.</param>
    public static async Task Show(
        Func<CancellationToken, Task<ClusterPicture>> read, Func<IEnumerable<string>> notes, IAnsiConsole console, bool terminal,
        CancellationToken token)
    {
        try
        {
            if (!terminal)
            {
                for (; ; await Task.Delay(Line, token)) { console.Profile.Out.Writer.WriteLine(await LineOf(read, notes, token)); }
            }
            await console.Live(new Text("")).AutoClear(false).Overflow(VerticalOverflow.Ellipsis).StartAsync(async live =>
            {
                ClusterPicture? last = null;
                for (; ; await Task.Delay(Redraw, token))
                {
                    var (picture, problem) = await TryRead(read, token);
                    last = picture ?? last;
                    live.UpdateTarget(Draw(last, problem is null ? notes() : [problem, .. notes()]));
                    live.Refresh();
                }
            });
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested) { }
    }

    private static async Task<(ClusterPicture? Picture, string? Problem)> TryRead(
        Func<CancellationToken, Task<ClusterPicture>> read, CancellationToken token)
    {
        try { return (await read(token), null); }
        catch (OperatorException e) { return (null, e.Message); }
    }

    private static async Task<string> LineOf(
        Func<CancellationToken, Task<ClusterPicture>> read, Func<IEnumerable<string>> notes, CancellationToken token)
    {
        var (picture, problem) = await TryRead(read, token);
        if (picture is null) { return string.Join("; ", [problem!, .. notes()]); }
        var c = picture.Counts;
        string[] parts =
        [
            "nodes " + string.Join(" ", picture.Nodes.Select(n => $"{n.Name}={n.State}")),
            Invariant($"running {c.Running}, queued {c.Queued}, finished {c.Finished} ({c.Succeeded} succeeded)"),
            picture.LastRuns.Count > 0 ? $"last {picture.LastRuns[0].Job} {picture.LastRuns[0].Verdict}" : "no verdict yet",
            picture.NextFires.Count > 0 ? $"next {picture.NextFires[0].Job} in {Age(picture.NextFires[0].InSeconds)}" : "no fire ahead",
            Invariant($"fleet {c.NodesOnline} online, {c.NodesOffline} offline"),
            Invariant($"chunks {c.ChunksPending} pending, {c.ChunksRunning} running, {c.ChunksDone} done"),
        ];
        return string.Join(" | ", parts.Concat(notes()));
    }

    private static Rows Draw(ClusterPicture? picture, IEnumerable<string> notes)
    {
        List<IRenderable> rows = [];
        if (picture is not null)
        {
            var c = picture.Counts;
            rows.Add(new Markup(Invariant($"[bold]{c.Jobs}[/] jobs   [bold]{c.Running}[/] running   [bold]{c.Queued}[/] queued   ")
                + Invariant($"[bold]{c.Finished}[/] finished, {c.Succeeded} succeeded")));
            rows.Add(Nodes(picture));
            rows.Add(LastRuns(picture));
            rows.Add(NextFires(picture));
            rows.Add(new Markup(Invariant($"fleet: workers [green]{c.NodesOnline}[/] online, {c.NodesOffline} offline, {c.NodesPending} pending; ")
                + Invariant($"chunks {c.ChunksPending} pending, [blue]{c.ChunksRunning}[/] running, ")
                + Invariant($"[green]{c.ChunksDone}[/] done, [red]{c.ChunksFailed}[/] failed")));
        }
        rows.AddRange(notes.Select(note => new Markup("[yellow]" + Markup.Escape(note) + "[/]")));
        return new Rows(rows);
    }

    private static Table Nodes(ClusterPicture picture)
    {
        var table = Bare("node", "state", "running", "lease age");
        foreach (var n in picture.Nodes)
        {
            var state = n.Reason is { } reason ? $"{n.State}: {Cut(reason)}" : n.State;
            var age = n.State == "stopped" ? "-" : Age(n.LeaseAgeSeconds);
            table.AddRow(Markup.Escape(n.Name), Coloured(state, n.State), Invariant($"{n.Running}/{n.Slots}"), age);
        }
        return table;
    }

    private static Table LastRuns(ClusterPicture picture)
    {
        var table = Bare("last verdicts", "verdict", "node", "took", "ago");
        foreach (var r in picture.LastRuns)
        {
            var verdict = r.Reason is { } reason ? $"{r.Verdict}: {Cut(reason)}" : r.Verdict;
            var took = r.DurationSeconds is { } seconds ? Age(seconds) + (r.Attempts > 1 ? Invariant($" ({r.Attempts} attempts)") : "") : "-";
            table.AddRow(Markup.Escape(r.Job), Coloured(verdict, r.Verdict), Markup.Escape(r.Node ?? "-"), took, Age(r.EndedSecondsAgo));
        }
        return table;
    }

    private static Table NextFires(ClusterPicture picture)
    {
        var table = Bare("next fires", "due (UTC)", "in");
        foreach (var f in picture.NextFires)
        {
            table.AddRow(Markup.Escape(f.Job), f.DueAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), Age(f.InSeconds));
        }
        return table;
    }

    private static Table Bare(params string[] columns) => new Table().Border(TableBorder.Simple).AddColumns(columns);

    private static string Coloured(string text, string word)
    {
        var colour = word switch
        {
            "live" or "succeeded" => "green",
            "dead" or "failed" or "timed_out" or "unknown" => "red",
            "skipped" or "missed" or "cancelled" or "standby" or "draining" => "yellow",
            _ => "default",
        };
        return $"[{colour}]{Markup.Escape(text)}[/]";
    }

    private static string Cut(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= ReasonWidthMax ? line : line[..(ReasonWidthMax - 1)] + "…";
    }

    private static string Age(double seconds) => Math.Abs(seconds) switch
    {
        < 1 => Invariant($"{seconds * 1000:0} ms"),
        < 120 => Invariant($"{seconds:0.0} s"),
        < 7200 => Invariant($"{seconds / 60:0} min"),
        _ => Invariant($"{seconds / 3600:0.0} h"),
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
