using Npgsql;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>The kinds that delete, back up and maintain, with their node killed or frozen, cancelled or out of time in the middle. Gates hold each
/// there: nothing is left to luck.</summary>
[TestFixture, Platform("Linux")]
public sealed class DataKindTests
{
    private const int Rows = 10_000;
    private const int Files = 10_000;
    private const int Partitions = 11;

    private static readonly string[] Kinds = ["vacuum", "backup", "rows", "parts", "files"];

    private static readonly Dictionary<string, string> Middles = new()
    {
        ["vacuum"] = "select jsonb_array_length(checkpoint -> 'done') = 1 from scheduler_private.run where run_key = @key",
        ["rows"] = "select exists (select from public.item_gone) and exists (select from scheduler.run_output"
            + " where run_key = @key and text like 'NOTICE: at the gate%')",
        ["parts"] = "select count(*) = 3 from pg_inherits where inhparent = 'public.part'::regclass",
        ["files"] = "select (progress ->> 'files')::int > 0 from scheduler.run where run_key = @key",
    };

    // At the gate: row 5000 goes, and the fourth partition is made, only when lock 7 is free. Of the files 500 go every half second.
    private const string Prepare = """
        create table public.item (id int primary key, old boolean not null);
        insert into public.item select g, g <= 10000 from generate_series(1, 10500) g;
        create table public.item_gone (like public.item);
        create function public.hold_row() returns trigger language plpgsql as
            $$ begin raise notice 'at the gate'; perform pg_advisory_xact_lock_shared(7); return old; end $$;
        create trigger hold before delete on public.item for each row when (old.id = 5000) execute function public.hold_row();
        create table public.first (id int); create table public.second (id int);
        create table public.part (at timestamptz not null) partition by range (at);
        create function public.hold_part() returns event_trigger language plpgsql as $$ begin
            if (select count(*) = 3 from pg_inherits where inhparent = 'public.part'::regclass)
                and exists (select from pg_event_trigger_ddl_commands() c where c.object_identity like 'public.part_p%') then
                perform pg_advisory_xact_lock_shared(7);
            end if;
        end $$;
        create event trigger hold on ddl_command_end when tag in ('CREATE TABLE') execute function public.hold_part();
        create function public.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return new; end $$;
        create trigger slow before update of progress on scheduler_private.run for each row
            when (new.job = 'files' and new.progress is distinct from old.progress) execute function public.slow()
        """;

    [TestCase(false)]
    [TestCase(true)]
    public async Task Another_node_ends_what_a_lost_one_began_and_nothing_is_done_twice(bool frozen)
    {
        await using var scene = await Scene.Start("5m");
        var lost = scene.Cluster["n1"];
        var keys = await scene.Begin();
        await scene.ExpectMiddles(keys);

        if (frozen) { lost.Freeze(); }
        else { await lost.Kill(); }
        await scene.OpenGates();
        var next = scene.Cluster.AddNode("n2");

        foreach (var kind in Kinds)
        {
            var row = await scene.Cluster.UntilFinished(keys[kind], TimeSpan.FromSeconds(90));
            Assert.That((row.Verdict, row.Node, row.Attempts), Is.EqualTo(("succeeded", "n2", 2)), $"{row}\n{next.Tail()}");
        }
        await scene.ExpectAllDone();
        Assert.That(await scene.Count("select (result ->> 'deleted')::bigint from scheduler.run where run_key = @key", keys["rows"]),
            Is.EqualTo(Rows), "the second owner counts on from the first");
        Assert.That(await scene.Count("select vacuum_count from pg_stat_user_tables where relname = 'first'"), Is.EqualTo(1), "once");
        Assert.That(await scene.Count("select count(*) from scheduler.run_output where run_key = @key and attempt = 1 and text like 'NOTICE: at%'",
            keys["rows"]), Is.GreaterThan(0), "what the lost attempt said is kept");
        if (!frozen) { return; }

        lost.Thaw();
        await scene.Cluster.UntilState(lost, "live");
        await scene.Cluster.Until("its late words were refused and logged", () => Task.FromResult(
            Kinds.All(k => lost.Log().Any(l => l.Contains(keys[k], StringComparison.Ordinal)
                && l.Contains("refused", StringComparison.OrdinalIgnoreCase)))));
        await scene.ExpectAllDone();
        Assert.That(await scene.Cluster.Count("verdict = 'succeeded' and attempts = 2"), Is.EqualTo(Kinds.Length), "no verdict has changed");
    }

    [TestCase("cancelled")]
    [TestCase("timed_out")]
    public async Task A_run_ended_in_the_middle_leaves_no_half_and_the_next_one_does_the_rest(string verdict)
    {
        await using var scene = await Scene.Start(verdict == "timed_out" ? "9s" : "5m");
        var keys = await scene.Begin();
        if (verdict == "cancelled")
        {
            await scene.ExpectMiddles(keys);
            foreach (var kind in Kinds) { await scene.Cluster.Database.Execute("select scheduler.cancel(@key, 'enough')", new { key = keys[kind] }); }
        }

        foreach (var kind in Kinds)
        {
            var row = await scene.Cluster.UntilFinished(keys[kind], TimeSpan.FromSeconds(30));
            Assert.That((row.Verdict, row.Attempts), Is.EqualTo((verdict, 1)), row.ToString());
        }
        // Before the gates open: no session of theirs waits at one.
        await scene.Cluster.Until("nothing of them is under way on the server", async () => await scene.Count(
            "select count(*) from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())") == 0);
        var gone = await scene.Count("select count(*) from public.item_gone");
        Assert.That(gone, Is.InRange(1, Rows - 1));
        Assert.That(await scene.Count("select count(*) from public.item where old"), Is.EqualTo(Rows - gone), "gone and archived are one thing");
        Assert.That(scene.OldFiles(), Is.InRange(1, Files - 1));
        Assert.That(Directory.GetFileSystemEntries(scene.Backups), Is.Empty, "no backup, and no half of one");
        Assert.That(await scene.Count("select sum(vacuum_count)::bigint from pg_stat_user_tables where relname in ('first', 'second')"),
            Is.EqualTo(1));
        Assert.That(await scene.Count("select count(*) from pg_inherits where inhparent = 'public.part'::regclass"), Is.EqualTo(3));

        await scene.OpenGates();
        await scene.Cluster.Database.Execute("update scheduler.job set timeout = '5m'");
        foreach (var kind in Kinds)
        {
            var row = await scene.Cluster.UntilFinished(await scene.Cluster.RunNow(kind), TimeSpan.FromSeconds(60));
            Assert.That(row.Verdict, Is.EqualTo("succeeded"), row.ToString());
        }
        await scene.ExpectAllDone();
    }

    /// <summary>A cluster of one node with a job of each kind, and the gates that hold them in the middle.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly TestDatabase second;
        private readonly string folder;
        private readonly List<NpgsqlConnection> gates = [];

        private Scene(TestCluster cluster, TestDatabase second, string folder) => (Cluster, this.second, this.folder) = (cluster, second, folder);

        public TestCluster Cluster { get; }
        public string Backups => Path.Combine(folder, "backups");
        private string Exports => Path.Combine(folder, "exports");

        public static async Task<Scene> Start(string timeout)
        {
            var folder = Directory.CreateTempSubdirectory("scheduler-data-").FullName;
            var second = await TestDatabase.Create(migrated: false);
            await second.Execute("create table public.gate as select 1 as n");
            var cluster = await TestCluster.Start(new()
            {
                Nodes = 1,
                Prepare = Prepare,
                Jobs = Jobs(folder, timeout),
                Databases = new Dictionary<string, string> { ["second"] = second.ConnectionString },
                Setup = new() { Environment = new Dictionary<string, string> { ["SCHEDULER__NODE__FILE_ROOTS"] = folder } },
            });
            var scene = new Scene(cluster, second, folder);
            scene.MakeFiles();
            return scene;
        }

        /// <summary>Shut the gates and start every job; returns when each is at its gate, but for the last, which goes on slowly.</summary>
        public async Task<Dictionary<string, string>> Begin()
        {
            await Shut(Cluster.Database, "begin; lock table public.second in share update exclusive mode; select pg_advisory_lock(7)");
            await Shut(second, "begin; lock table public.gate in access exclusive mode");
            var keys = new Dictionary<string, string>();
            foreach (var kind in Kinds)
            {
                keys[kind] = await Cluster.RunNow(kind);
                await Cluster.Until($"{kind} is in the middle", () => IsInTheMiddle(kind, keys[kind]));
            }
            return keys;
        }

        public async Task ExpectMiddles(Dictionary<string, string> keys)
        {
            foreach (var kind in Kinds) { Assert.That(await IsInTheMiddle(kind, keys[kind]), Is.True, $"{kind} is in the middle still"); }
            Assert.That(await Cluster.Count("state = 'running'"), Is.EqualTo(Kinds.Length));
        }

        public async Task OpenGates()
        {
            foreach (var gate in gates) { await gate.DisposeAsync(); }
            gates.Clear();
        }

        /// <summary>Each effect is there, whole and once.</summary>
        public async Task ExpectAllDone()
        {
            Assert.That(await Count("select count(*) from public.item"), Is.EqualTo(500));
            Assert.That(await Count("select count(*) from public.item_gone"), Is.EqualTo(Rows));
            Assert.That(await Count("select count(distinct id) from public.item_gone"), Is.EqualTo(Rows));
            Assert.That(OldFiles(), Is.Zero);
            Assert.That(File.Exists(Path.Combine(Exports, "young")) && File.Exists(Path.Combine(folder, "outside")), Is.True);
            Assert.That(Directory.GetFileSystemEntries(Backups), Has.Length.EqualTo(1), string.Join(' ', Directory.GetFileSystemEntries(Backups)));
            Assert.That(Directory.GetFiles(Directory.GetDirectories(Backups).Single()).Select(Path.GetFileName).Order(StringComparer.Ordinal),
                Is.EqualTo(new[] { "manifest.json", "scheduler.dump", "second.dump" }));
            Assert.That(await Count("select count(*) from pg_stat_user_tables where relname in ('first', 'second') and vacuum_count > 0"),
                Is.EqualTo(2));
            Assert.That(await Count("select count(*) from pg_inherits where inhparent = 'public.part'::regclass"), Is.EqualTo(Partitions));
            Assert.That(await Count("select count(*) from pg_locks where locktype = 'advisory' and objsubid = 1"
                + " and database = (select oid from pg_database where datname = current_database())"
                + " and (classid::bigint << 32 | objid::bigint) = hashtextextended('scheduler maintain vacuum', 0)"), Is.Zero, "no lock is left");
        }

        public Task<long> Count(string sql, string? key = null) => Cluster.Database.Value<long>(sql, new { key });

        public int OldFiles() => Directory.GetFiles(Exports, "old-*").Length;

        public async ValueTask DisposeAsync()
        {
            await OpenGates();
            await Cluster.DisposeAsync();
            await second.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }

        private async Task<bool> IsInTheMiddle(string kind, string key) => kind == "backup"
            ? Directory.GetDirectories(Backups, ".part-*").Any(d => File.Exists(Path.Combine(d, "second.dump"))
                && new FileInfo(Path.Combine(d, "scheduler.dump")).Length > 0)
            : await Cluster.Database.Value<bool?>(Middles[kind], new { key }) == true;

        private async Task Shut(TestDatabase database, string sql)
        {
            var gate = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString);
            gates.Add(gate);
            await gate.OpenAsync();
            await using var command = new NpgsqlCommand(sql, gate);
            await command.ExecuteNonQueryAsync();
        }

        private void MakeFiles()
        {
            Directory.CreateDirectory(Backups);
            Directory.CreateDirectory(Exports);
            var old = TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-10);
            for (var i = 0; i < Files; i++)
            {
                var file = Path.Combine(Exports, FormattableString.Invariant($"old-{i}"));
                File.WriteAllText(file, "x");
                File.SetLastWriteTimeUtc(file, old);
            }
            foreach (var kept in new[] { Path.Combine(Exports, "young"), Path.Combine(folder, "outside") }) { File.WriteAllText(kept, "x"); }
            File.SetLastWriteTimeUtc(Path.Combine(folder, "outside"), old);
            File.CreateSymbolicLink(Path.Combine(Exports, "link"), Path.Combine(folder, "outside"));
        }

        private static string Jobs(string folder, string timeout) => $$"""
            jobs:
              vacuum:
                kind: postgres.maintain
                schedule: manual
                timeout: {{timeout}}
                with: { actions: [vacuum], tables: [public.first, public.second], lock_timeout: 1h }
              backup:
                kind: postgres.backup
                schedule: manual
                timeout: {{timeout}}
                with: { folder: {{folder}}/backups, databases: [scheduler, second], parallel: 1 }
              rows:
                kind: rows.delete
                schedule: manual
                timeout: {{timeout}}
                with: { table: public.item, where: old, archive_to: public.item_gone }
              parts:
                kind: partition.maintain
                schedule: manual
                timeout: {{timeout}}
                with: { table: public.part, every: day, ahead: {{Partitions - 1}} }
              files:
                kind: files.delete
                schedule: manual
                timeout: {{timeout}}
                with: { path: {{folder}}/exports, older_than: 1d }
            """;
    }
}
