using System.Globalization;
using System.Threading.Channels;
using Dapper;
using Npgsql;

namespace Scheduler.Benchmarks;

/// <summary>One contender at work: a database of its own and its nodes. Nothing of it stays when it is disposed.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    // Copying a million rows into five tables takes a minute or two here.
    private const int StatementSecondsMax = 900;
    // Everything is compiled, pooled and prepared then: four nodes that share two cores take ten seconds to read 30,000 jobs each.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);

    private readonly Session session;
    private readonly List<string> logs = [];
    private readonly Channel<Told> told = Channel.CreateUnbounded<Told>();
    private int started;

    private BenchCluster(Session session, Contender contender, string connectionString) =>
        (this.session, Contender, ConnectionString) = (session, contender, connectionString);

    public Contender Contender { get; }
    public string ConnectionString { get; }
    public List<NodeProcess> Nodes { get; } = [];

    /// <summary>A cluster on a new database, without nodes yet.</summary>
    public static async Task<BenchCluster> Open(Session session, Contender contender) =>
        new(session, contender, await session.Server.NewDatabase(contender.IsOurs));

    /// <summary>Start nodes; returns when all are up.</summary>
    public async Task StartNodes(int count, params string[] more)
    {
        for (var n = 0; n < count; n++) { await StartNode(more); }
    }

    public async Task<NodeProcess> StartNode(params string[] more)
    {
        session.Interrupted.ThrowIfCancellationRequested();
        var node = await NodeProcess.Start(told.Writer, [.. Arguments($"n{++started}"), "--out", NewLog(), .. more]);
        Nodes.Add(node);
        return node;
    }

    /// <summary>Start nodes, let them get warm, measure a window, stop them.</summary>
    public Task<Window> Observe(int nodes, TimeSpan length, params string[] more) => Observe(nodes, () => session.Pause(length), more);

    /// <summary>Start nodes, let them get warm, measure while something goes on, stop them.</summary>
    public async Task<Window> Observe(int nodes, Func<Task> meanwhile, params string[] more)
    {
        await StartNodes(nodes, more);
        await session.Pause(WarmUp);
        var before = Processor();
        var from = TimeProvider.System.GetUtcNow();
        await meanwhile();
        var to = TimeProvider.System.GetUtcNow();
        var used = Processor() - before;
        await StopNodes();
        return new Window(from, to, used, [.. logs.Where(File.Exists)]);
    }

    /// <summary>Processor time that the living nodes and the server have used so far.</summary>
    public ProcessorUse Processor() => new(
        TimeSpan.FromTicks(Nodes.Sum(n => n.ProcessorTime.Ticks)), session.Server.ProcessorTime());

    /// <summary>End a node as a crash would, and forget it.</summary>
    public async Task Kill(NodeProcess node)
    {
        await node.Kill();
        Nodes.Remove(node);
    }

    /// <summary>Stop all nodes; returns their logs. A killed node left none.</summary>
    public async Task<IReadOnlyList<string>> StopNodes()
    {
        // Together, so that none goes on to note what another one, stopped already, did not live to note.
        await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));
        Nodes.Clear();
        return [.. logs.Where(File.Exists)];
    }

    /// <summary>What nodes started with <c>--tell</c> say at the start of a job, in the order it was heard.</summary>
    /// <exception cref="TimeoutException">Nothing was said in time.</exception>
    public async Task<Told> NextTold(TimeSpan within, string what)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(session.Interrupted);
        patience.CancelAfter(within);
        try { return await told.Reader.ReadAsync(patience.Token); }
        catch (OperationCanceledException) when (!session.Interrupted.IsCancellationRequested)
        {
            throw new TimeoutException($"{Contender.Name}: {what} was not seen within {within.TotalSeconds:0} s");
        }
    }

    /// <summary>What was said and not read yet.</summary>
    public IReadOnlyList<Told> RestTold()
    {
        var rest = new List<Told>();
        while (told.Reader.TryRead(out var one)) { rest.Add(one); }
        return rest;
    }

    /// <summary>Run the contender's program to its end, to store what only it can store.</summary>
    public Task RunToEnd(params string[] more) => NodeProcess.RunToEnd([.. Arguments("populate"), "--out", session.Server.NewFile(), .. more]);

    /// <summary>Start a node for as long as it takes to store in Quartz what is declared.</summary>
    public async Task Reconcile()
    {
        await using var node = await NodeProcess.Start(
            null, "node-ours", "--stock", "--connection", ConnectionString, "--name", "populate", "--out", session.Server.NewFile());
    }

    public async Task Execute(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.ExecuteAsync(Command(sql, parameters));
    }

    public async Task<T> Scalar<T>(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        return (await connection.ExecuteScalarAsync<T>(Command(sql, parameters)))!;
    }

    /// <summary>Look again and again until a statement returns true. Returns false when it did not in time.</summary>
    public async Task<bool> Until(string sql, TimeSpan within, TimeSpan between)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await Scalar<bool>(sql))
        {
            if (TimeProvider.System.GetElapsedTime(start) > within) { return false; }
            await session.Pause(between);
        }
        return true;
    }

    /// <summary>Each run has one verdict, and nothing ended otherwise than it should: what the fence and the ledger promise, under load.</summary>
    public async Task CheckLedger()
    {
        if (!Contender.IsOurs) { return; }
        var bad = await Scalar<long>(
            "select count(*) from scheduler.run where state = 'finished' and verdict not in ('succeeded') and reason is distinct from 'overlap'");
        if (bad > 0) { throw new InvalidOperationException($"{bad} runs of {Contender.Name} ended otherwise than succeeded"); }
    }

    public async ValueTask DisposeAsync()
    {
        await StopNodes();
        foreach (var log in logs) { File.Delete(log); }
        await session.Server.Drop(ConnectionString);
    }

    private CommandDefinition Command(string sql, object? parameters) =>
        new(sql, parameters, commandTimeout: StatementSecondsMax, cancellationToken: session.Interrupted);

    private string[] Arguments(string name) => [.. Contender.NodeArgs, "--connection", ConnectionString, "--name", name];

    private string NewLog()
    {
        logs.Add(session.Server.NewFile());
        return logs[^1];
    }
}

/// <summary>Processor time of the nodes and of PostgreSQL.</summary>
internal sealed record ProcessorUse(TimeSpan Nodes, TimeSpan Server)
{
    public TimeSpan Total => Nodes + Server;

    /// <summary>The share of one of so many.</summary>
    public ProcessorUse Each(int count) => count == 0 ? this : new(Nodes / count, Server / count);

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Server.TotalMicroseconds:0} us server, {Nodes.TotalMicroseconds:0} us nodes");

    public static ProcessorUse operator -(ProcessorUse left, ProcessorUse right) => new(left.Nodes - right.Nodes, left.Server - right.Server);
}

/// <summary>What was seen between two instants. The nodes' logs may hold fires of before and after them.</summary>
internal sealed record Window(DateTimeOffset From, DateTimeOffset To, ProcessorUse Processor, IReadOnlyList<string> Logs)
{
    public double Seconds => (To - From).TotalSeconds;
}
