using System.Text.Json;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Kinds.Postgres;
using Scheduler.Runs;

namespace Scheduler.IntegrationTests.Kinds;

[TestFixture]
public sealed class PostgresKindTests
{
    [Test]
    public async Task A_backup_is_published_verified_and_restored()
    {
        await using var kind = await LedgerRun.Create("create table public.item as select n from generate_series(1, 1000) n");
        using var folder = new TempFolder();
        var result = await kind.Run(run => Backup(kind, run, folder, new() { TestRestoreOn = "scheduler" }));
        var file = result.GetProperty("files")[0];
        Assert.That(file.GetProperty("restored").GetBoolean(), Is.True);
        Assert.That(file.GetProperty("entries").GetInt32(), Is.GreaterThan(10));
        Assert.That(Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "kind-test@2026-11-21T000000Z" }));
        Assert.That(await kind.Database.Value<long>("select count(*) from pg_database where datname like 'scheduler_restore%'"), Is.Zero);
    }

    [Test]
    public async Task A_run_publishes_one_backup_however_many_owners_it_has()
    {
        await using var kind = await LedgerRun.Create();
        using var folder = new TempFolder();
        await kind.Run(run => Backup(kind, run, folder));
        var manifest = Path.Combine(folder.Path, "kind-test@2026-11-21T000000Z", "manifest.json");
        var first = await File.ReadAllTextAsync(manifest);
        await kind.Database.Execute("update scheduler_private.run set state = 'running', verdict = null, ended_at = null");
        await kind.Run(run => Backup(kind, run, folder), row: await kind.Claimed(kind.Key, token: 2));
        Assert.That(await File.ReadAllTextAsync(manifest), Is.EqualTo(first));
    }

    [Test]
    public async Task What_a_killed_run_left_goes_with_the_next_one_and_what_lives_stays()
    {
        await using var kind = await LedgerRun.Create();
        using var folder = new TempFolder();
        folder.File(".part-kind-test@2026-11-20T000000Z.1-1/scheduler.dump", TimeSpan.Zero);
        folder.File(".gone-kind-test@2026-11-19T000000Z/scheduler.dump", TimeSpan.Zero);
        folder.File(".part-kind-test2@2026-11-20T000000Z.1-1/scheduler.dump", TimeSpan.Zero);
        var live = await kind.Claimed();
        folder.File($".part-{live.RunKey.Replace(":", "", StringComparison.Ordinal)}.1-1/scheduler.dump", TimeSpan.Zero);
        var result = await kind.Run(run => Backup(kind, run, folder));
        Assert.That(result.GetProperty("swept").GetInt32(), Is.EqualTo(2));
        Assert.That(Directory.GetDirectories(folder.Path, ".*").Select(Path.GetFileName).Order(StringComparer.Ordinal), Is.EqualTo(new[]
        {
            ".part-kind-test2@2026-11-20T000000Z.1-1", ".part-kind-test@2026-11-21T000000Z.1-1",
        }));
    }

    [Test]
    public async Task Retention_keeps_the_newest_those_young_enough_and_what_is_no_backup_of_the_job()
    {
        await using var kind = await LedgerRun.Create();
        using var folder = new TempFolder();
        foreach (var days in new[] { 1, 5, 20, 30 }) { Old(folder, "kind-test", days); }
        Old(folder, "other", 300);
        folder.File("notes/readme.txt", TimeSpan.FromDays(900));
        var result = await kind.Run(run => Backup(kind, run, folder, new() { KeepLast = 2, KeepFor = TimeSpan.FromDays(10) }));
        Assert.That(result.GetProperty("removed").EnumerateArray().Select(r => r.GetString()).Order(),
            Is.EqualTo(new[] { "kind-test-20", "kind-test-30" }));
        Assert.That(Directory.GetDirectories(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal),
            Is.EqualTo(new[] { "kind-test-1", "kind-test-5", "kind-test@2026-11-21T000000Z", "notes", "other-300" }));
    }

    [Test]
    public async Task A_backup_that_fails_removes_no_older_one()
    {
        await using var kind = await LedgerRun.Create();
        using var folder = new TempFolder();
        foreach (var days in new[] { 100, 200 }) { Old(folder, "kind-test", days); }
        await Assert.ThrowsAsync<OperatorException>(
            () => kind.Run(run => Backup(kind, run, folder, new() { KeepLast = 1, Databases = ["nowhere"] })));
        Assert.That(Directory.GetDirectories(folder.Path, "kind-test-*"), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_server_newer_than_every_pg_dump_is_named()
    {
        var error = await Assert.ThrowsAsync<OperatorException>(() => PostgresTools.For(99, "reports", default));
        Assert.That(error!.Message, Does.Contain("database 'reports' is PostgreSQL 99").And.Contain("postgresql-client-99"));
    }

    [Test]
    public async Task Tables_are_vacuumed_analysed_and_their_indexes_built_anew()
    {
        await using var kind = await LedgerRun.Create("""
            create table public.item (id int primary key); insert into public.item select generate_series(1, 1000)
            """);
        var before = await kind.Database.Value<uint>("select relfilenode from pg_class where relname = 'item_pkey'");
        var settings = new PostgresMaintainSettings
        {
            Actions = [MaintainAction.Vacuum, MaintainAction.Analyze, MaintainAction.Reindex],
            Tables = ["public.item"],
        };
        var result = await kind.Run(run => new PostgresMaintain(settings, run, kind.Databases));
        Assert.That(result.GetProperty("tables").GetInt32(), Is.EqualTo(1));
        Assert.That(await kind.Database.Value<uint>("select relfilenode from pg_class where relname = 'item_pkey'"), Is.Not.EqualTo(before));
        Assert.That(await kind.Database.Value<float>("select reltuples from pg_class where relname = 'item'"), Is.EqualTo(1000));
        Assert.That(await kind.Database.Value<long>("select count(*) from pg_locks where locktype = 'advisory'"
            + " and database = (select oid from pg_database where datname = current_database())"), Is.Zero);
    }

    [Test]
    public async Task Maintenance_ends_the_session_a_former_owner_left_and_goes_on_behind_what_it_did()
    {
        await using var kind = await LedgerRun.Create("create table public.a (); create table public.b ()");
        await using var former = await kind.Database.Source.OpenConnectionAsync();
        var since = await kind.Database.Value<DateTime>(
            "select backend_start from pg_stat_activity where pid = @ProcessID", new { former.ProcessID });
        await using (var take = new Npgsql.NpgsqlCommand("select pg_advisory_lock(hashtextextended('scheduler maintain kind-test', 0))", former))
        {
            await take.ExecuteNonQueryAsync();
        }
        var done = await kind.Database.Value<long>("select 'public.a'::regclass::oid::bigint");
        var row = await kind.Claimed(token: 2);
        var state = new { done = new[] { done }, skipped = Array.Empty<string>(), pid = former.ProcessID, since };
        await kind.Database.Execute("update scheduler_private.run set checkpoint = @checkpoint::jsonb",
            new { checkpoint = JsonSerializer.Serialize(state) });
        var settings = new PostgresMaintainSettings { Actions = [MaintainAction.Analyze], Tables = ["public.*"] };
        await kind.Run(run => new PostgresMaintain(settings, run, kind.Databases), row: row);
        Assert.That(await kind.Database.Value<bool>("select exists (select from pg_stat_activity where pid = @ProcessID and backend_start = @since)",
            new { former.ProcessID, since }), Is.False);
        Assert.That(await kind.Database.Value<DateTime?>("select last_analyze from pg_stat_user_tables where relname = 'a'"), Is.Null);
    }

    [Test]
    public async Task Partitions_are_made_ahead_and_old_ones_detached()
    {
        await using var kind = await LedgerRun.Create("""
            create table public.event (id bigint, at timestamptz not null) partition by range (at);
            create table public.event_old partition of public.event for values from (minvalue) to ('2020-01-01')
            """);
        var settings = new PartitionMaintainSettings
        {
            Table = "event",
            Every = PartitionPeriod.Month,
            Ahead = 2,
            KeepFor = TimeSpan.FromDays(365),
        };
        var result = await kind.Run(run => new PartitionMaintain(settings, run, TimeProvider.System));
        Assert.That(result.GetProperty("created").GetArrayLength(), Is.EqualTo(3));
        Assert.That(result.GetProperty("detached")[0].GetString(), Is.EqualTo("event_old"));
        await kind.Database.Execute("insert into public.event values (1, now()), (2, now() + interval '1 month')");
        var again = await kind.Run(run => new PartitionMaintain(settings, run, TimeProvider.System));
        Assert.That(again.GetProperty("created").GetArrayLength(), Is.Zero);
        Assert.That(await kind.Database.Value<bool>("select to_regclass('public.event_old') is not null"), Is.True);
    }

    private static PostgresBackup Backup(LedgerRun kind, RunScope run, TempFolder folder, PostgresBackupSettings? settings = null) =>
        new((settings ?? new()) with { Folder = folder.Path }, run, kind.Databases,
            new NodeOptions { Name = "test", ConnectionString = "", FileRoots = [folder.Path] }, TimeProvider.System);

    // A backup of so many days ago.
    private static void Old(TempFolder folder, string job, int days)
    {
        var at = TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-days);
        var manifest = new BackupManifest(job, $"{job}@x", 1, "test", at, at, []);
        folder.File($"{job}-{days}/manifest.json", TimeSpan.Zero, JsonSerializer.Serialize(manifest, Scheduler.Jobs.KindSettings.Options));
    }
}
