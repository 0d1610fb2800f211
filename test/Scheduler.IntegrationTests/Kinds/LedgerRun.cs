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

/// <summary>A migrated database with a job, whose runs are carried out as the executor would.</summary>
internal sealed class LedgerRun : IAsyncDisposable
{
    internal const string Job = "kind-test";
    internal static readonly DateTime DueAt = new(2026, 11, 21, 0, 0, 0, DateTimeKind.Utc);

    private int runs;

    private LedgerRun(TestDatabase database, IReadOnlyDictionary<string, string>? targets)
    {
        Database = database;
        Databases = new(database.ConnectionString, "test", slots: 4, targets);
        Ledger = new(Databases, NullLogger<Ledger>.Instance);
    }

    internal TestDatabase Database { get; }
    internal Databases Databases { get; }
    internal Ledger Ledger { get; }
    /// <summary>The job's params, JSON.</summary>
    internal string Params { get; set; } = "{}";
    /// <summary>What went before is read, as where settings name it.</summary>
    internal bool ReadsPast { get; set; }
    /// <summary>Key of the latest run.</summary>
    internal string Key { get; private set; } = "";

    internal static async Task<LedgerRun> Create(string prepare = "select 1", Func<TestDatabase, IReadOnlyDictionary<string, string>>? targets = null)
    {
        var database = await TestDatabase.Create();
        var run = new LedgerRun(database, targets?.Invoke(database));
        await run.Database.Execute($"insert into scheduler.job (name, kind, overlap) values ('{Job}', 'sql', 'allow')");
        await run.Database.Execute(prepare);
        return run;
    }

    /// <summary>Make a run that this node owns.</summary>
    internal async Task<RunRow> Claimed(string? key = null, long token = 1)
    {
        var due = DueAt.AddMinutes(runs++);
        // Runs may be made at once; only the latest is Key.
        var runKey = Key = key ?? $"{Job}@{due:yyyy-MM-dd'T'HH:mm:ss'Z'}";
        due = RunList.DueOf(runKey)!.Value;
        await Database.Execute("""
            insert into scheduler_private.run (run_key, job, due_at, state, version, priority, node, owner, token, attempts)
            values (@runKey, @Job, @due, 'running', 1, 5, 'test', 1, @token, 1)
            on conflict (due_at, run_key) do update set state = 'running', node = 'test', owner = 1, token = @token, attempts = 1
            """, new { runKey, Job, due, token });
        return new(runKey, Job, due, token, Attempts: 1, Version: 1, Owner: 1);
    }

    /// <summary>Carry a run out and write its verdict. Returns its result, and throws what the kind threw.</summary>
    internal async Task<JsonElement> Run(Func<RunScope, IJob> job, GuardLimits? guard = null, RunRow? row = null, CancellationToken token = default)
    {
        row ??= await Claimed();
        var scope = new RunScope(Ledger, Databases, row, attempt: 1, TimeSpan.FromMinutes(1), guard, token, new Redactor(), SecretSource.Empty)
        {
            ParamDefaults = Params,
        };
        if (ReadsPast) { await scope.Past(); }
        var trigger = TriggerBuilder.Create().WithIdentity(row.RunKey, "runs").StartAt(row.DueAt).Build();
        var context = JobExecutionContextBuilder.For(job(scope)).WithJob(JobBuilder.Create<IJob>().WithIdentity(Job, "runs").Build())
            .WithTrigger(trigger).FiredAt(row.DueAt, row.DueAt).Build();
        try { await job(scope).Execute(context, token); }
        catch (GuardBreachedException e)
        {
            await Ledger.Finish([new(row, "failed", "guard", e.Result, e.Message)], row.Owner, default);
            throw;
        }
        if (!scope.Committed)
        {
            await Ledger.Finish([new(row, "succeeded", null, JsonSerializer.Serialize(context.Result, KindSettings.Options))], row.Owner, default);
        }
        var result = await Database.Value<string>("select result::text from scheduler.run where run_key = @RunKey", new { row.RunKey });
        return JsonSerializer.Deserialize<JsonElement>(result ?? "null");
    }

    public async ValueTask DisposeAsync()
    {
        await Databases.DisposeAsync();
        await Database.DisposeAsync();
    }
}
