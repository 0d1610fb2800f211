using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Quartz;
using Quartz.Extensibility;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Kinds;

/// <summary>One attempt of a kind as the executor would carry it out, with what it returned and what it said.</summary>
internal sealed class KindRun : IAsyncDisposable
{
    // Each run has a key of its own: what a killed runner leaves behind is found by it.
    private static int runs;
    private readonly CancellationTokenSource cancel = new();
    private readonly Redactor redactor = new();
    private readonly Databases databases = new("Host=127.0.0.1;Database=none", "test", slots: 1);

    public KindRun(string parameters = "{}")
    {
        var due = new DateTime(2026, 11, 21, 0, 0, 0, DateTimeKind.Utc).AddSeconds(Interlocked.Increment(ref runs));
        Key = $"kind-test@{due:yyyy-MM-dd'T'HH:mm:ss'Z'}";
        State.BeginLease(new NodeIdentity("test", 1, []));
        State.LiveFor(TimeSpan.FromMinutes(5));
        var row = new RunRow(Key, "kind-test", due, Token: 7, Attempts: 1, Version: 1, Owner: 1);
        var ledger = new Ledger(databases, NullLogger<Ledger>.Instance);
        Scope = new RunScope(ledger, databases, row, 1, TimeSpan.FromMinutes(1), null, cancel.Token, redactor, SecretSource.Empty)
        {
            ParamDefaults = parameters,
        };
    }

    public string Key { get; }
    public NodeState State { get; } = new();
    public RunScope Scope { get; }

    /// <summary>Settings of a node that starts the built scheduler as its runner.</summary>
    public static NodeOptions Node(CommandOptions? commands = null, params string[] httpAllow) => new()
    {
        Name = "test",
        ConnectionString = "",
        Commands = (commands ?? new()) with { Runner = [SchedulerProgram.Path, "run-command"] },
        HttpAllow = httpAllow,
    };

    /// <summary>Read settings as from a job's <c>with</c>.</summary>
    public static T Settings<T>(Kind kind, string json) => (T)KindSettings.Read(kind, json);

    public void Cancel() => cancel.Cancel();

    /// <summary>Carry it out; returns its result as JSON.</summary>
    public async Task<string> Execute(IJob job)
    {
        var detail = JobBuilder.Create<IJob>().OfType(job.GetType()).WithIdentity("kind-test").Build();
        var trigger = TriggerBuilder.Create().WithIdentity(Key).Build();
        var context = JobExecutionContextBuilder.For(job).WithJob(detail).WithTrigger(trigger)
            .FiredAt(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow()).Build();
        await job.Execute(context, Scope.Token);
        return redactor.Clean(JsonSerializer.Serialize(context.Result, KindSettings.Options));
    }

    /// <summary>What it said: stream letter, text.</summary>
    public IReadOnlyList<string> Said()
    {
        Scope.Output.Close();
        return [.. Scope.Output.Take().Chunks.SelectMany(c => c.Lines.Split('\n')).Select(l => l[0] + l[l.IndexOf(' ', StringComparison.Ordinal)..])];
    }

    public async ValueTask DisposeAsync()
    {
        cancel.Dispose();
        State.Dispose();
        await databases.DisposeAsync();
    }
}
