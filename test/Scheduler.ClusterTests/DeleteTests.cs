using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>Large deletes beside live traffic, guards, and backups, with nodes killed in the middle.</summary>
[TestFixture]
public sealed class DeleteTests
{
    // A million by hand, on a machine with nothing else to do: SCHEDULER_TEST_ROWS=1000000. Then a wait of more than 200 ms fails the test; beside
    // other tests it may be the processor's.
    private static readonly bool FullSize = Environment.GetEnvironmentVariable("SCHEDULER_TEST_ROWS") is not null;
    private static readonly long Doomed =
        long.Parse(Environment.GetEnvironmentVariable("SCHEDULER_TEST_ROWS") ?? "100000", CultureInfo.InvariantCulture);
    private const int Writers = 50;

    // A writer that waits for any one lock longer than 200 ms is refused by the server, and counted.
    [Test]
    public async Task Many_rows_go_beside_fifty_writers_and_over_two_nodes_and_nobody_waits()
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 2,
            Weight = 6,     // fifty writers beside it
            Prepare = $"""
                create table public.item (id bigint primary key, old boolean not null, n int not null default 0, note text) with (fillfactor = 80);
                insert into public.item select g, g <= {Doomed}, 0, repeat('x', 40) from generate_series(1, {Doomed + 200_000}) g;
                create table public.item_gone (like public.item); analyze public.item
                """,
            Jobs = """
                jobs:
                  purge:
                    kind: rows.delete
                    schedule: manual
                    timeout: 20m
                    with: { table: public.item, where: old, archive_to: public.item_gone }
                """,
        });
        using var enough = new CancellationTokenSource();
        var writers = Enumerable.Range(0, Writers).Select(seed => Task.Run(() => Write(cluster, seed, enough.Token))).ToList();

        var (key, node) = await cluster.RunNowAndWait("purge");
        var seen = new List<long>();
        await cluster.Until("a third is gone", async () =>
        {
            seen.Add(await Rows(cluster, key));
            return seen[^1] > Doomed / 3;
        }, TimeSpan.FromMinutes(5));
        await node.Kill();
        var before = await cluster.Database.Value<long>(
            "select (checkpoint ->> 'deleted')::bigint from scheduler_private.run where run_key = @key", new { key });
        var later = new List<long>();
        await cluster.Until("the second owner ends it", async () =>
        {
            later.Add(await Rows(cluster, key));
            return await cluster.Database.Value<bool>("select state = 'finished' from scheduler.run where run_key = @key", new { key });
        }, TimeSpan.FromMinutes(8));
        var row = await cluster.UntilFinished(key, TimeSpan.FromMinutes(1));
        await enough.CancelAsync();
        var wrote = await Task.WhenAll(writers);

        var waited = wrote.Sum(w => w.Waited);
        TestContext.Out.WriteLine($"{wrote.Sum(w => w.Updates)} updates, the longest took {wrote.Max(w => w.Longest).TotalMilliseconds:0} ms, "
            + $"{waited} waited over 200 ms for a lock;"
            + $" {before} rows were gone when the node was killed");
        Assert.That(row.Verdict, Is.EqualTo("succeeded"), row.ToString());
        Assert.That(row.Node, Is.Not.EqualTo(node.Name));
        if (FullSize) { Assert.That(waited, Is.Zero, "writers that waited over 200 ms for a lock"); }
        var gone = await cluster.Database.Value<long>("select count(*) from public.item_gone");
        Assert.That(gone, Is.EqualTo(await cluster.Database.Value<long>("select count(distinct id) from public.item_gone")), "each row went once");
        Assert.That(gone + await cluster.Database.Value<long>("select count(*) from public.item where old"), Is.EqualTo(Doomed));
        Assert.That(await cluster.Database.Value<long>("select (result ->> 'deleted')::bigint from scheduler.run where run_key = @key", new { key }),
            Is.EqualTo(gone), "the second owner counts on from the first");
        Assert.That(gone, Is.GreaterThan(Doomed * 0.99));
        Assert.That(before, Is.GreaterThan(Doomed / 3));
        Assert.That(seen, Is.Ordered, "progress never goes back");
        Assert.That(seen.Concat(later).Distinct().Count(), Is.GreaterThan(5), "progress moves");
    }

    private sealed record Wrote(int Waited, TimeSpan Longest, long Updates);

    private static async Task<Wrote> Write(TestCluster cluster, int seed, CancellationToken enough)
    {
        var random = new Random(seed);
        var wrote = new Wrote(0, TimeSpan.Zero, 0);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(cluster.Database.ConnectionString)
        {
            Pooling = false,
            MaxAutoPrepare = 2,
            AutoPrepareMinUsages = 1,
            Options = "-c lock_timeout=200 -c synchronous_commit=off",
        });
        await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
        await using var update = new NpgsqlCommand("update public.item set n = n + 1 where id = $1", connection);
        var id = new NpgsqlParameter<long>();
        update.Parameters.Add(id);
        while (!enough.IsCancellationRequested)
        {
            id.TypedValue = random.NextInt64(1, Doomed + 200_000);
            var from = Stopwatch.GetTimestamp();
            var waited = 0;
            try { await update.ExecuteNonQueryAsync(CancellationToken.None); }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable) { waited = 1; }
            var took = Stopwatch.GetElapsedTime(from);
            wrote = new(wrote.Waited + waited, took > wrote.Longest ? took : wrote.Longest, wrote.Updates + 1);
            // Fifty users, not fifty loops: the machine has other things to do.
            await Until.Pause(TimeSpan.FromMilliseconds(random.Next(5, 30)), CancellationToken.None);
        }
        return wrote;
    }

    [Test]
    public async Task A_condition_that_suddenly_matches_nine_tenths_stops_and_approval_lets_it_go_on()
    {
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 2,
            Prepare = "create table public.item (id int primary key, old boolean not null);"
                + " insert into public.item select g, g <= 100 from generate_series(1, 10000) g",
            Jobs = """
                jobs:
                  purge:
                    kind: rows.delete
                    schedule: manual
                    guard: { max_fraction: 0.3 }
                    with: { table: item, where: old }
                """,
        });
        Assert.That((await cluster.UntilFinished(await cluster.RunNow("purge"))).Verdict, Is.EqualTo("succeeded"));
        await cluster.Database.Execute("update public.item set old = id <= 9100");

        var key = await cluster.RunNow("purge");
        var stopped = await cluster.UntilFinished(key);
        Assert.That((stopped.Verdict, stopped.Reason), Is.EqualTo(("failed", "guard")));
        Assert.That(await cluster.Database.Value<long>("select count(*) from public.item"), Is.EqualTo(9900));

        Assert.That(await cluster.Database.Value<string>("select run_key from scheduler.awaiting_approval"), Is.EqualTo(key), "it waits");
        Assert.That(cluster[stopped.Node!].Log(), Has.Some.Contains(key).And.Contains("scheduler run approve"), "the alarm");

        var goesOn = await Approve(cluster, key);
        Assert.That((await cluster.UntilFinished(goesOn)).Verdict, Is.EqualTo("succeeded"));
        Assert.That(await cluster.Database.Value<long>("select count(*) from public.item"), Is.EqualTo(900));
        Assert.That(await cluster.Database.Value<long>("select count(*) from scheduler.awaiting_approval"), Is.Zero);
    }

    [Test]
    public async Task A_backup_killed_in_the_middle_publishes_no_half_and_another_node_makes_it_whole_and_the_next_ones_keep_what_they_should()
    {
        var folder = Directory.CreateTempSubdirectory("scheduler-backups-").FullName;
        try
        {
            await using var cluster = await TestCluster.Start(new()
            {
                Nodes = 2,
                Weight = 4,     // a hundred megabytes, compressed
                Prepare = "create table public.big as select g,"
                    + " (select string_agg(md5(random()::text || g || i), '') from generate_series(1, 32) i) as t from generate_series(1, 100000) g",
                Jobs = $$"""
                    jobs:
                      backup:
                        kind: postgres.backup
                        schedule: manual
                        with: { folder: {{folder}}, compression: 6, keep_last: 2 }
                    """,
                Setup = new() { Environment = new Dictionary<string, string> { ["SCHEDULER__NODE__FILE_ROOTS"] = folder } },
            });
            Assert.That(await cluster.Database.Value<long>("select pg_database_size(current_database())"), Is.GreaterThan(100_000_000));
            using var enough = new CancellationTokenSource();
            var watch = WatchForHalves(folder, enough.Token);
            var (key, node) = await cluster.RunNowAndWait("backup");
            await cluster.Until("some of it is written", () => Task.FromResult(
                Directory.GetFiles(folder, "*.dump", SearchOption.AllDirectories).Any(f => new FileInfo(f).Length > 1_000_000)));
            await node.Kill();
            Assert.That(Directory.GetDirectories(folder).Select(d => Path.GetFileName(d)[..6]), Has.All.EqualTo(".part-"), "nothing is published");

            var row = await cluster.UntilFinished(key, TimeSpan.FromMinutes(4));
            Assert.That(row.Verdict, Is.EqualTo("succeeded"), row.ToString());
            Assert.That(row.Node, Is.Not.EqualTo(node.Name));
            Assert.That(Directory.GetDirectories(folder), Has.Length.EqualTo(1), "the half one is gone");
            var dump = new FileInfo(Directory.GetFiles(folder, "*.dump", SearchOption.AllDirectories).Single());
            Assert.That(dump.Length, Is.GreaterThan(30_000_000));
            Assert.That(dump.DirectoryName, Does.Contain("backup!"));

            for (var i = 0; i < 2; i++)
            {
                var next = await cluster.UntilFinished(await cluster.RunNow("backup"), TimeSpan.FromMinutes(4));
                Assert.That(next.Verdict, Is.EqualTo("succeeded"), next.ToString());
            }
            await enough.CancelAsync();
            Assert.That(await watch, Is.Empty, "a folder with a backup's name that was no whole backup");
            Assert.That(Directory.GetDirectories(folder), Has.Length.EqualTo(2).And.None.EqualTo(dump.DirectoryName), "the newest two are kept");
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    // Looks all the time whether anything has a backup's name that is not whole; returns what it saw.
    private static async Task<IReadOnlyList<string>> WatchForHalves(string folder, CancellationToken until)
    {
        var halves = new List<string>();
        while (!until.IsCancellationRequested)
        {
            foreach (var backup in Directory.GetDirectories(folder).Where(d => !Path.GetFileName(d).StartsWith('.')))
            {
                try
                {
                    var manifest = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(backup, "manifest.json"), CancellationToken.None));
                    halves.AddRange(manifest.RootElement.GetProperty("files").EnumerateArray()
                        .Where(f => f.GetProperty("bytes").GetInt64()
                            != new FileInfo(Path.Combine(backup, f.GetProperty("file").GetString()!)).Length)
                        .Select(f => $"{backup}: {f}"));
                }
                catch (IOException e) when (Directory.Exists(backup)) { halves.Add($"{backup}: {e.Message}"); }
                catch (IOException) { /* removed by retention while we looked */ }
            }
            await Until.Pause(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }
        return halves;
    }

    private static async Task<string> Approve(TestCluster cluster, string key)
    {
        var start = new ProcessStartInfo(SchedulerProgram.Path,
            ["run", "approve", key, "--reason", "moved to the archive by hand", "--connection", cluster.Database.ConnectionString])
        {
            RedirectStandardOutput = true,
        };
        using var program = Process.Start(start)!;
        var said = await program.StandardOutput.ReadToEndAsync();
        await program.WaitForExitAsync();
        Assert.That(program.ExitCode, Is.Zero);
        return said.Trim();
    }

    private static Task<long> Rows(TestCluster cluster, string key) =>
        cluster.Database.Value<long>("select coalesce((progress ->> 'rows')::bigint, 0) from scheduler.run where run_key = @key", new { key });
}
