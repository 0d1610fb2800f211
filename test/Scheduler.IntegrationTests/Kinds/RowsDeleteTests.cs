using System.IO.Compression;
using Npgsql;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Kinds.Rows;
using Scheduler.Runs;

namespace Scheduler.IntegrationTests.Kinds;

[TestFixture]
public sealed class RowsDeleteTests
{
    private const string Table = """
        create table public.item (id bigint primary key, made_at timestamptz not null, note text);
        insert into public.item select n, timestamptz '2026-11-21' - n * interval '1 hour', 'n' || n from generate_series(1, 5000) n
        """;
    private const string Older = "made_at < ${run.due_at} - interval '1000 hours'";

    private static readonly NodeOptions Node = new() { Name = "test", ConnectionString = "" };

    [TestCase(false)]
    [TestCase(true)]
    public async Task Deletes_what_matches_and_nothing_else(bool byKey)
    {
        await using var kind = await LedgerRun.Create(Table);
        var settings = new RowsDeleteSettings { Table = "item", Where = Older, Batch = 300, Key = byKey ? ["id"] : [] };
        var result = await kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node));
        Assert.That(result.ToString(), Does.Contain("\"deleted\": 4000").And.Contain("\"left\": 0"));
        Assert.That(await kind.Database.Value<long>("select max(id) from public.item"), Is.EqualTo(1000));
        Assert.That(await kind.Database.Value<long>("select count(*) from public.item"), Is.EqualTo(1000));
    }

    [Test]
    public async Task Deletes_from_every_partition()
    {
        await using var kind = await LedgerRun.Create("""
            create table public.event (id bigint, at timestamptz not null) partition by range (at);
            create table public.event_1 partition of public.event for values from ('2026-01-01') to ('2026-02-01');
            create table public.event_2 partition of public.event for values from ('2026-02-01') to ('2026-03-01');
            insert into public.event select n, timestamptz '2026-01-15' + n * interval '1 hour' from generate_series(1, 600) n
            """);
        var settings = new RowsDeleteSettings { Table = "public.event", Where = "id % 2 = 0" };
        await kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node));
        Assert.That(await kind.Database.Value<long>("select count(*) from public.event"), Is.EqualTo(300));
    }

    [Test]
    public async Task Goes_on_where_a_former_owner_stopped_and_deletes_no_more_than_was_counted()
    {
        await using var kind = await LedgerRun.Create(Table);
        var row = await kind.Claimed(token: 2);
        // The former owner counted 2,500 rows and had deleted 2,400 of them.
        await kind.Database.Execute("update scheduler_private.run set checkpoint = @checkpoint::jsonb",
            new { checkpoint = new RowsCheckpoint { Counted = 2500, Deleted = 2400 }.ToJson() });
        var settings = new RowsDeleteSettings { Table = "item", Where = Older };
        var result = await kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node), row: row);
        Assert.That(await kind.Database.Value<long>("select count(*) from public.item"), Is.EqualTo(4900));
        Assert.That(result.ToString(), Does.Contain("\"deleted\": 2500"));
    }

    [Test]
    public async Task Changes_nothing_when_the_run_is_anothers()
    {
        await using var kind = await LedgerRun.Create(Table);
        var row = await kind.Claimed(token: 1);
        await kind.Database.Execute("update scheduler_private.run set token = 2, checkpoint = @checkpoint::jsonb",
            new { checkpoint = new RowsCheckpoint { Counted = 5000 }.ToJson() });
        var settings = new RowsDeleteSettings { Table = "item", Where = "true" };
        await Assert.ThrowsAsync<RunLostException>(() => kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node), row: row));
        Assert.That(await kind.Database.Value<long>("select count(*) from public.item"), Is.EqualTo(5000));
    }

    // The fence stands in the statement itself: the run is taken away after the last question and before the batch.
    [Test]
    public async Task A_batch_of_a_run_taken_away_is_undone()
    {
        await using var kind = await LedgerRun.Create(Table);
        var row = await kind.Claimed();
        var scope = new RunScope(kind.Ledger, kind.Databases, row, attempt: 1, TimeSpan.FromMinutes(1), null, default);
        await using var connection = await scope.Open();
        var settings = new RowsDeleteSettings { Table = "item", Where = "true" };
        var table = await RowsTable.Find(connection, "item", "table", default);
        var statements = new RowsStatements(settings, table, null, scope, row.DueAt);
        var found = await statements.Find(connection, table.Parts[0], null, default);
        await kind.Database.Execute("update scheduler_private.run set token = 2");
        await Assert.ThrowsAsync<RunLostException>(() => statements.Delete(
            connection, table.Parts[0], found.Rows.AsMemory(0, 100), "{}", new RowsCheckpoint { Counted = 5000 }, null, default));
        Assert.That(await kind.Database.Value<long>("select count(*) from public.item"), Is.EqualTo(5000));
    }

    [Test]
    public async Task Rows_others_hold_locked_are_left_and_said()
    {
        await using var kind = await LedgerRun.Create(Table);
        await using var holder = await kind.Database.Source.OpenConnectionAsync();
        await using var held = await holder.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("update public.item set note = 'held' where id in (2000, 3000)", holder))
        {
            await command.ExecuteNonQueryAsync();
        }
        var settings = new RowsDeleteSettings { Table = "item", Where = Older };
        var result = await kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node));
        await held.CommitAsync();
        Assert.That(result.ToString(), Does.Contain("\"deleted\": 3998").And.Contain("\"left\": 2").And.Contain("\"passes\": 3"));
        Assert.That(await kind.Database.Value<long>("select count(*) from public.item where note = 'held'"), Is.EqualTo(2));
    }

    [Test]
    public async Task Rows_are_archived_to_a_table_with_their_deletion()
    {
        await using var kind = await LedgerRun.Create(Table + "; create table public.item_old (like public.item, kept_at timestamptz default now())");
        var settings = new RowsDeleteSettings { Table = "item", Where = Older, ArchiveTo = "item_old" };
        await kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node));
        Assert.That(await kind.Database.Value<long>("select count(distinct id) from public.item_old"), Is.EqualTo(4000));
        Assert.That(await kind.Database.Value<long>("select count(*) from public.item_old"), Is.EqualTo(4000));
    }

    [Test]
    public async Task Rows_are_archived_to_a_compressed_file_before_they_go()
    {
        await using var kind = await LedgerRun.Create(Table);
        using var folder = new TempFolder();
        var settings = new RowsDeleteSettings { Table = "item", Where = Older, ArchiveFolder = folder.Path };
        await kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node with { FileRoots = [folder.Path] }));
        await using var file = File.OpenRead(Directory.GetFiles(folder.Path).Single());
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var lines = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(4000));
        Assert.That(lines, Has.All.Contains("\"made_at\""));
    }

    [TestCase("itme", "true", ExpectedResult = "table: there is no table public.itme; did you mean 'public.item'?")]
    [TestCase("item\" where true; drop table item; --", "true",
        ExpectedResult = "table: there is no table public.item\" where true; drop table item; --")]
    public async Task<string> A_table_is_looked_up_before_it_is_named(string table, string where)
    {
        await using var kind = await LedgerRun.Create(Table);
        var settings = new RowsDeleteSettings { Table = table, Where = where };
        var error = await Assert.ThrowsAsync<OperatorException>(() => kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node)));
        return error!.Message;
    }

    [Test]
    public async Task A_breach_waits_for_approval_which_the_next_run_goes_on_with()
    {
        await using var kind = await LedgerRun.Create(Table);
        var settings = new RowsDeleteSettings { Table = "item", Where = Older };
        var guard = new GuardLimits(null, 0.3);
        var breach = await Assert.ThrowsAsync<GuardBreachedException>(
            () => kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node), guard));
        Assert.That(breach!.Message, Does.Contain("would delete 4000 of 5000 rows of public.item").And.Contain("scheduler run approve " + kind.Key));
        Assert.That(await kind.Database.Value<long>("select count(*) from public.item"), Is.EqualTo(5000), "nothing goes before the guard is asked");
        var stopped = await kind.Database.Value<string>(
            "select run_key from scheduler.awaiting_approval where would_delete = '{\"public.item\": 4000}'");
        Assert.That(stopped, Is.EqualTo(kind.Key));

        var goesOn = await GuardApproval.Approve(kind.Database.ConnectionString, stopped!, "the outage left them", default);
        Assert.That(await GuardApproval.Approve(kind.Database.ConnectionString, stopped!, "again", default), Is.EqualTo(goesOn), "asked twice");
        await kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node), guard, await kind.Claimed(goesOn));

        Assert.That(await kind.Database.Value<long>("select count(*) from public.item"), Is.EqualTo(1000), "as of the instant the first one was due");
        Assert.That(await kind.Database.Value<string>("select reason from scheduler.run where run_key = @stopped", new { stopped }),
            Is.EqualTo("guard"));
        Assert.That(await kind.Database.Value<long>("select count(*) from scheduler.awaiting_approval"), Is.Zero);
    }

    [Test]
    public async Task An_approval_covers_what_was_counted_and_not_ten_times_as_much()
    {
        await using var kind = await LedgerRun.Create(Table);
        var settings = new RowsDeleteSettings { Table = "item", Where = "id > 4000" };
        var guard = new GuardLimits(10, null);
        await Assert.ThrowsAsync<GuardBreachedException>(() => kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node), guard));
        var goesOn = await GuardApproval.Approve(kind.Database.ConnectionString, kind.Key, "fine", default);
        await kind.Database.Execute("update public.item set id = id + 10000 where id <= 4000");
        var breach = await Assert.ThrowsAsync<GuardBreachedException>(
            async () => await kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node), guard, await kind.Claimed(goesOn)));
        Assert.That(breach!.Message, Does.Contain("5000 rows of public.item, more than the 1100"));
    }

    [Test]
    public async Task A_run_far_outside_what_the_last_ones_deleted_stops()
    {
        await using var kind = await LedgerRun.Create(Table);
        for (var i = 0; i < 5; i++)
        {
            var some = new RowsDeleteSettings { Table = "item", Where = FormattableString.Invariant($"id between {i * 20} and {(i * 20) + 19}") };
            await kind.Run(run => new RowsDelete(some, run, TimeProvider.System, Node), new(null, null));
        }
        var many = new RowsDeleteSettings { Table = "item", Where = "true" };
        var breach = await Assert.ThrowsAsync<GuardBreachedException>(
            () => kind.Run(run => new RowsDelete(many, run, TimeProvider.System, Node), new(null, null)));
        Assert.That(breach!.Message, Does.Contain("the last 5 runs deleted 20 at most"));
    }

    [Test]
    public async Task A_dry_run_counts_and_deletes_nothing()
    {
        await using var kind = await LedgerRun.Create(Table);
        var settings = new RowsDeleteSettings { Table = "item", Where = Older };
        var result = await kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node), new(100, null) { DryRun = true });
        Assert.That(result.ToString(), Does.Contain("\"public.item\": 4000").And.Contain("max_rows 100"));
        Assert.That(await kind.Database.Value<long>("select count(*) from public.item"), Is.EqualTo(5000));
    }

    [TestCase("a; delete from b", ExpectedResult = false)]
    [TestCase("start < ${run.due_at}", ExpectedResult = true)]
    [TestCase("", ExpectedResult = false)]
    public bool A_condition_is_one_condition(string where) =>
        new RowsDeleteSettings { Table = "item", Where = where }.Validate(null!)
            .All(p => !p.ErrorMessage!.StartsWith("'where'", StringComparison.Ordinal));
}
