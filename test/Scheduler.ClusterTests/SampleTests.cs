using System.Diagnostics;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>The sample host application of docs/own-kinds.md, as its own process on a real database.</summary>
[TestFixture]
public sealed class SampleTests
{
    [Test]
    public async Task The_sample_is_a_node_and_runs_its_own_kind()
    {
        await using var database = await TestDatabase.Create();
        var own = new DirectoryInfo(AppContext.BaseDirectory);      // artifacts/bin/Scheduler.ClusterTests/debug
        var program = Path.Combine(own.Parent!.Parent!.FullName, "OwnKind", own.Name, "OwnKind");
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["SCHEDULER__CONNECTION"] = database.ConnectionString;
        using var process = Process.Start(start)!;
        var said = new System.Text.StringBuilder();
        process.OutputDataReceived += (_, line) => said.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => said.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await Until.Holds(database, "the sample is a live node that knows its kind", async () =>
                (process.HasExited ? throw new InvalidOperationException($"it ended with {process.ExitCode}: {said}") : true)
                && await database.Value<long>("select count(*) from scheduler.node where name = 'invoices' and state = 'live'") == 1
                && await database.Value<long>("select count(*) from scheduler_private.kind where name = 'invoices.remind'") == 1,
                TimeSpan.FromSeconds(60));
            await database.Execute(await File.ReadAllTextAsync(Path.Combine(own.FullName, "invoices.sql")));

            var key = await database.Value<string>("select scheduler.run_now('remind-overdue')");
            await Until.Holds(database, "the run is finished", async () =>
                await database.Value<long>("select count(*) from scheduler.run where run_key = @key and state = 'finished'", new { key }) == 1);

            Assert.That(await database.Value<string>("select verdict || ' ' || result from scheduler.run"),
                Is.EqualTo("succeeded {\"reminded\": 250}"));
            Assert.That(await database.Value<long>("select count(*) from sample.invoice where reminded_by = @key", new { key }), Is.EqualTo(250));
            Assert.That(await database.Value<string>("select string_agg(text, '') from scheduler.run_output where run_key = @key", new { key }),
                Is.EqualTo("reminded 250 customers"));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }
}
