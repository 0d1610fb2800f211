using System.CommandLine;
using System.Globalization;
using Scheduler.Snapshots;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler upload watch</c>: progress as it comes, bars on a terminal, lines elsewhere.</summary>
internal static class UploadFollow
{
    private const int BarWidth = 30;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var ids = new Argument<long[]>("ID")
        {
            Description = "Numbers of uploads (default: those that run now)",
            Arity = ArgumentArity.ZeroOrMore,
        }.Between(1, long.MaxValue);
        var command = new Command("watch",
            "Follow uploads until each has ended for good; exit code 0 when all are completed, 6 when one is not") { ids }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var (connection, json) = (Settings.ConnectionOf(parsed), parsed.GetValue(Settings.Json));
            var uploads = await SnapshotList.Some(connection, parsed.GetValue(ids) ?? [], token);
            if (uploads.Count == 0)
            {
                Output.Talk("no upload runs");
                return ExitCode.Ok;
            }
            long[] watched = [.. uploads.Select(u => u.Id)];
            Task<IReadOnlyList<UploadListRow>> Read() => SnapshotList.Some(connection, watched, token);
            uploads = !json && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi
                ? await Bars(Read, token) : await Lines(Read, json, token);
            return uploads.All(u => u.State == "completed") ? ExitCode.Ok : ExitCode.RunFailed;
        });
        return command;
    }

    // One that is begun again by itself has not ended for good.
    private static bool Ended(UploadListRow upload) => upload.State is not ("starting" or "running") && upload.ResumeAt is null;

    private static async Task<IReadOnlyList<UploadListRow>> Lines(Func<Task<IReadOnlyList<UploadListRow>>> read, bool json, CancellationToken token)
    {
        var shown = new Dictionary<long, string>();
        while (true)
        {
            var uploads = await read();
            foreach (var upload in uploads)
            {
                // A line for each change; the time left alone is none.
                var now = UploadText.Line(upload with { Eta = null });
                if (shown.GetValueOrDefault(upload.Id) == now) { continue; }
                shown[upload.Id] = now;
                if (json) { Output.OneJsonLine(upload); }
                else { Console.Out.WriteLine(UploadText.Line(upload)); }
            }
            if (uploads.All(Ended)) { return uploads; }
            await Task.Delay(LookEvery, TimeProvider.System, token);
        }
    }

    private static async Task<IReadOnlyList<UploadListRow>> Bars(Func<Task<IReadOnlyList<UploadListRow>>> read, CancellationToken token)
    {
        IReadOnlyList<UploadListRow> uploads = [];
        await AnsiConsole.Console.Live(new Text("")).AutoClear(false).Overflow(VerticalOverflow.Ellipsis).StartAsync(async live =>
        {
            while (true)
            {
                uploads = await read();
                live.UpdateTarget(new Rows(uploads.Select(Bar)));
                live.Refresh();
                if (uploads.All(Ended)) { return; }
                await Task.Delay(LookEvery, TimeProvider.System, token);
            }
        });
        return uploads;
    }

    private static IRenderable Bar(UploadListRow upload)
    {
        var full = (int)Math.Round((double)upload.Percent / 100 * BarWidth);
        var color = upload.State switch { "completed" => Color.Green, "failed" or "lost" => Color.Red, "cancelled" => Color.Yellow, _ => Color.Blue };
        var bar = new Paragraph();
        bar.Append(string.Create(CultureInfo.InvariantCulture, $"{upload.Node,-20} "));
        bar.Append(new string('━', full), new Style(color));
        bar.Append(new string('─', BarWidth - full), new Style(Color.Grey));
        bar.Append(" " + string.Join("  ", UploadText.Line(upload).Split("  ").Skip(2)));
        return bar;
    }
}
