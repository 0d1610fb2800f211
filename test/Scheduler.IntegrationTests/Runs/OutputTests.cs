using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Runs;

/// <summary>What runs say, on its way to the database and out again.</summary>
[TestFixture]
public sealed class OutputTests
{
    private static readonly DateTime Due = new(2026, 11, 21, 4, 0, 0, DateTimeKind.Utc);

    [Test]
    public async Task Lines_are_in_the_database_while_the_run_goes_on()
    {
        await using var database = await TestDatabase.Create();
        await using var databases = new Databases(database.ConnectionString, "test", slots: 1);
        var pump = Pump(databases);
        var output = Output("talk@2026-11-21T04:00:00Z", pump);
        output.Write(OutputSource.Out, "first\nsecond \u001b[31mred\u001b[0m");
        output.Write(OutputSource.Error, "it isn't");
        await database.Until("three lines are there", async () => await database.Value<long>("select count(*) from scheduler.run_output") == 3);
        output.Write(OutputSource.Notice, "NOTICE: late");
        await pump.Close(output);
        Assert.That(await database.Rows<string>(
            "select concat_ws(' ', job, attempt, line, stream, text) from scheduler.run_output order by line"),
            Is.EqualTo(new[] { "talk 1 1 stdout first", "talk 1 2 stdout second red", "talk 1 3 stderr it isn't", "talk 1 4 notice NOTICE: late" }));
        await pump.Stop(TimeSpan.FromSeconds(1));
    }

    [Test]
    public async Task What_was_not_kept_of_a_flood_is_said_at_its_place()
    {
        await using var database = await TestDatabase.Create();
        await using var databases = new Databases(database.ConnectionString, "test", slots: 1);
        var pump = Pump(databases);
        var output = Output("flood@2026-11-21T04:00:00Z", pump);
        for (var i = 1; i <= 20_000; i++) { output.Write(OutputSource.Out, $"line {i} of many, with enough text to fill head and tail"); }
        await pump.Close(output);
        var marker = await database.Rows<string>("select text from scheduler.run_output where stream = 'dropped'");
        Assert.That(marker, Has.Count.EqualTo(1));
        Assert.That(marker[0], Does.Match(@"^… \d+ lines \(\d+ bytes\) were not kept …$"));
        var kept = await database.Value<long>("select count(*) from scheduler.run_output where stream = 'stdout'");
        Assert.That(long.Parse(marker[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture) + kept, Is.EqualTo(20_000));
        Assert.That(await database.Value<string>("select text from scheduler.run_output order by line desc limit 1"), Does.StartWith("line 20000 "));
        await pump.Stop(TimeSpan.FromSeconds(1));
    }

    [Test]
    public async Task Old_output_is_forgotten_with_the_runs_it_belongs_to()
    {
        await using var database = await TestDatabase.Create();
        await database.Execute("""
            insert into scheduler_private.run_output (due_at, run_key, attempt, first_line, line_count, bytes_before, bytes, begun_at, lines)
            select clock_timestamp() - d * interval '1 day', 'a', 1, 1, 1, 0, 5, clock_timestamp(), 'o0 text' from unnest(array[1, 29, 31, 90]) d
            """);
        await using var databases = new Databases(database.ConnectionString, "test", slots: 1);
        var upkeep = new Upkeep(databases, new() { Name = "test", ConnectionString = database.ConnectionString }, TimeProvider.System,
            NullLogger<Upkeep>.Instance);
        await upkeep.Look(default);
        Assert.That(await database.Value<long>("select count(*) from scheduler_private.run_output"), Is.EqualTo(2));
    }

    private static OutputPump Pump(Databases databases)
    {
        var pump = new OutputPump(databases, new NodeState(), TimeProvider.System, NullLogger<OutputPump>.Instance);
        pump.Start();
        return pump;
    }

    private static RunOutput Output(string key, OutputPump pump) =>
        new(new RunRow(key, key.Split('@')[0], Due, Token: 1, Attempts: 1, Version: 1, Owner: 1), 1, pump, new Redactor(), TimeProvider.System);
}
