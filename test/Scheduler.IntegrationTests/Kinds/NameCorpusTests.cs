using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Kinds.Files;
using Scheduler.Kinds.Postgres;
using Scheduler.Kinds.Rows;
using Scheduler.Runs;

namespace Scheduler.IntegrationTests.Kinds;

/// <summary>Names and paths made to be read as something else: in SQL each is a name and nothing more, on disk each stays where it is.</summary>
[TestFixture]
public sealed class NameCorpusTests
{
    private const string Canary = "create table public.canary (id int); insert into public.canary values (1)";

    private static readonly string[] Names =
    [
        "we\"ird", "a'; drop table canary; --", "x\"; drop table canary; --", "$1", "$$", "${run}", "UPPER", "a b", "naïve ☃ 例",
        "\\", "\\\"", "--", "/* never closed", "select", "%s%n", "ctid", "*", "a;b", "$(touch canary)", "`id`", "-rf", "@file", "0", "\u202eevil",
    ];

    private static readonly NodeOptions Node = new() { Name = "test", ConnectionString = "" };

    [Test]
    public async Task Rows_go_from_the_table_of_that_very_name_to_the_archive_of_that_very_name([ValueSource(nameof(Names))] string name)
    {
        var quoted = QualifiedName.Quote(name);
        var archive = QualifiedName.Quote(name + "2");
        // ctid is the one name no column may have.
        var column = name == "ctid" ? "\"id\"" : quoted;
        await using var kind = await LedgerRun.Create($"{Canary}; create table public.{quoted} ({column} int primary key, note text);"
            + $" insert into public.{quoted} select g, 'n' from generate_series(1, 10) g; create table public.{archive} (like public.{quoted})");
        var settings = new RowsDeleteSettings
        {
            Table = name,
            Where = $"{column} > 4",
            Key = [name == "ctid" ? "id" : name],
            ArchiveTo = name + "2",
        };
        Assert.That(settings.Validate(null!), Is.Empty);
        await kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node));
        Assert.That(await kind.Database.Value<long>($"select count(*) from public.{quoted}"), Is.EqualTo(4));
        Assert.That(await kind.Database.Value<long>($"select count(*) from public.{archive}"), Is.EqualTo(6));
        Assert.That(await kind.Database.Value<long>("select count(*) from public.canary"), Is.EqualTo(1));
    }

    [Test]
    public async Task Tables_and_partitions_of_that_very_name_are_maintained([ValueSource(nameof(Names))] string name)
    {
        var quoted = QualifiedName.Quote(name);
        await using var kind = await LedgerRun.Create(
            $"{Canary}; create table public.{quoted} (at timestamptz not null primary key) partition by range (at)");
        var partitions = new PartitionMaintainSettings { Table = name, Every = PartitionPeriod.Year, Ahead = 1 };
        var made = await kind.Run(run => new PartitionMaintain(partitions, run, TimeProvider.System));
        var first = made.GetProperty("created")[0].GetString()!;
        Assert.That(first, Does.StartWith(name + "_p"));
        var maintain = new PostgresMaintainSettings
        {
            Actions = [MaintainAction.Vacuum, MaintainAction.Analyze, MaintainAction.Reindex],
            Tables = [$"public.{first}"],
        };
        var result = await kind.Run(run => new PostgresMaintain(maintain, run, kind.Databases));
        Assert.That(result.GetProperty("tables").GetInt32(), Is.EqualTo(1));
        Assert.That(await kind.Database.Value<long>("select count(*) from public.canary"), Is.EqualTo(1));
    }

    [TestCase("a.b.c")]
    [TestCase("")]
    [TestCase(".")]
    [TestCase("a.")]
    [TestCase("a\0b")]
    [TestCase("a\nb")]
    [TestCase("pg_catalog.pg_class")]
    [TestCase("information_schema.tables")]
    [TestCase("scheduler.job")]
    [TestCase("scheduler_private.run")]
    [TestCase("quartz.qrtz_triggers")]
    [TestCase("a23456789012345678901234567890123456789012345678901234567890123x")]
    public void A_name_that_is_none_or_not_for_jobs_is_refused_with_its_key(string name)
    {
        Assert.That(new RowsDeleteSettings { Table = name, Where = "true" }.Validate(null!).Select(p => p.MemberNames.Single()),
            Does.Contain("table"));
        Assert.That(new RowsDeleteSettings { Table = "a", Where = "true", ArchiveTo = name }.Validate(null!).Select(p => p.MemberNames.Single()),
            Does.Contain("archive_to"));
    }

    [TestCase("a) or (b", ExpectedResult = false)]
    [TestCase("true) union select ctid from other where (true", ExpectedResult = false)]
    [TestCase("true)", ExpectedResult = false)]
    [TestCase("(true", ExpectedResult = false)]
    [TestCase("note = ')' or (note = '(')", ExpectedResult = true)]
    [TestCase("note = $x$)$x$ -- )", ExpectedResult = true)]
    [TestCase("\"odd)\" = 1 /* ) */", ExpectedResult = true)]
    [TestCase("note = 'never closed", ExpectedResult = false)]
    [TestCase("true /* never closed", ExpectedResult = false)]
    [TestCase("note = '${run.key}'", ExpectedResult = false)]
    [TestCase("note = ${run.key} and made_at < ${run.due_at}", ExpectedResult = true)]
    [TestCase("note = ${nothing}", ExpectedResult = false)]
    [TestCase("true; drop table canary", ExpectedResult = false)]
    public bool A_condition_stays_inside_its_parentheses(string where) =>
        new RowsDeleteSettings { Table = "item", Where = where }.Validate(null!).All(p => !p.MemberNames.Contains("where"));

    // What a condition sets in the session must not be met by the next run, which is another job's.
    [Test]
    public async Task What_a_condition_sets_in_its_session_is_gone_with_its_run()
    {
        await using var kind = await LedgerRun.Create("create table public.item (id int); insert into public.item values (1)");
        var settings = new RowsDeleteSettings
        {
            Table = "item",
            Where = "set_config('search_path', 'evil', false) <> '' and set_config('statement_timeout', '0', false) <> ''"
                + " and pg_advisory_lock(4711)::text is not null and id > 5",
        };
        await kind.Run(run => new RowsDelete(settings, run, TimeProvider.System, Node));
        await using var next = await kind.Databases.Jobs.OpenConnectionAsync();
        await using var command = new Npgsql.NpgsqlCommand(
            "select current_setting('search_path') || ' ' || (select count(*) from pg_locks where locktype = 'advisory'"
            + " and pid = pg_backend_pid())", next);
        Assert.That(await command.ExecuteScalarAsync(), Is.EqualTo("\"$user\", public 0"));
    }

    [Test]
    public async Task Files_of_any_name_go_and_nothing_else_does()
    {
        await using var kind = await LedgerRun.Create();
        using var folder = new TempFolder();
        using var outside = new TempFolder();
        var precious = outside.File("precious", TimeSpan.FromDays(10));
        string[] odd =
        [
            "-rf", "a b", "a\nb", "*", "?", "[a]", "..a", "...", "$(id)", "`id`", "'", "\"", "\\", "a\\..\\b", "%2e%2e%2f", "\u202egpj", "例", "~",
        ];
        foreach (var name in odd) { folder.File(name, TimeSpan.FromDays(10)); }
        File.CreateSymbolicLink(Path.Combine(folder.Path, "..b"), precious);
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "-r"), outside.Path);
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "self"), folder.Path);
        var result = await kind.Run(run => Delete(new() { Path = folder.Path, OlderThan = TimeSpan.FromDays(1) }, run, folder.Path));
        Assert.That(result.GetProperty("deleted").GetInt64(), Is.EqualTo(odd.Length), result.ToString());
        Assert.That(result.GetProperty("left").GetInt64(), Is.Zero);
        Assert.That(File.Exists(precious), Is.True);
        Assert.That(Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal),
            Is.EqualTo(new[] { "-r", "..b", "self" }));
    }

    [Test]
    public async Task A_name_that_is_no_text_is_left_and_said()
    {
        await using var kind = await LedgerRun.Create();
        using var folder = new TempFolder();
        var bytes = Encoding.ASCII.GetBytes(folder.Path + "/").Concat(new byte[] { 0xff, 0xfe, 0 }).ToArray();
        Assert.That(Mkfifo(bytes, 0x180), Is.Zero);
        folder.File("old", TimeSpan.FromDays(10));
        var result = await kind.Run(run => Delete(new() { Path = folder.Path, OlderThan = TimeSpan.FromDays(1) }, run, folder.Path));
        Assert.That((result.GetProperty("deleted").GetInt64(), result.GetProperty("unreadable").GetInt64()), Is.EqualTo((1L, 1L)));
        Assert.That(Unlink(bytes), Is.Zero, "it is still there");
    }

    [TestCase("")]
    [TestCase(".")]
    [TestCase("..")]
    [TestCase("relative/path")]
    [TestCase("{root}/../etc")]
    [TestCase("{root}/./x")]
    [TestCase("{root}//x")]
    [TestCase("{root}/x/..")]
    [TestCase("{root}/x\0/../../etc")]
    [TestCase("{root}evil")]
    [TestCase("/")]
    [TestCase("/proc/self/root/etc")]
    [TestCase("{root}/%2e%2e/etc")]
    [TestCase("{root}/..\\etc")]
    [TestCase("file:///etc")]
    [TestCase("~/x")]
    [TestCase("{root}/link")]
    [TestCase("{root}/link/deeper")]
    public async Task No_kind_works_on_a_path_that_is_not_plainly_below_a_root(string path)
    {
        await using var kind = await LedgerRun.Create("create table public.item (id int); insert into public.item values (1)");
        using var folder = new TempFolder();
        using var outside = new TempFolder();
        Directory.CreateDirectory(Path.Combine(outside.Path, "deeper"));
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "link"), outside.Path);
        var full = path.Replace("{root}", folder.Path, StringComparison.Ordinal);
        var node = Node with { FileRoots = [folder.Path] };
        var rows = new RowsDeleteSettings { Table = "item", Where = "true", ArchiveFolder = full };
        var backup = new PostgresBackupSettings { Folder = full };

        await Assert.ThrowsAsync<OperatorException>(() => kind.Run(run => Delete(new() { Path = full, OlderThan = TimeSpan.FromDays(1) }, run,
            folder.Path)));
        await Assert.ThrowsAsync<OperatorException>(() => kind.Run(run => new RowsDelete(rows, run, TimeProvider.System, node)));
        await Assert.ThrowsAsync<OperatorException>(
            () => kind.Run(run => new PostgresBackup(backup, run, kind.Databases, node, TimeProvider.System)));
        Assert.That(await kind.Database.Value<long>("select count(*) from public.item"), Is.EqualTo(1));
        Assert.That(Directory.GetFileSystemEntries(outside.Path), Has.Length.EqualTo(1));
    }

    // A link that takes a folder's place after it was opened leads nowhere.
    [Test]
    public void A_folder_held_open_is_that_very_folder_whatever_its_path_leads_to()
    {
        using var folder = new TempFolder();
        using var outside = new TempFolder();
        var inside = folder.File("sub/old", TimeSpan.FromDays(10));
        var precious = outside.File("old", TimeSpan.FromDays(10));
        using var open = OpenFolder.At(Path.Combine(folder.Path, "sub"), [folder.Path], "path");
        Directory.Move(Path.Combine(folder.Path, "sub"), Path.Combine(folder.Path, "moved"));
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "sub"), outside.Path);
        foreach (var entry in open.Entries().ToList()) { File.Delete(open.PathOf(entry.Name)); }
        Assert.That(File.Exists(precious), Is.True);
        Assert.That(File.Exists(inside.Replace("/sub/", "/moved/", StringComparison.Ordinal)), Is.False);
    }

    [Test]
    public void Names_of_jobs_that_differ_get_names_of_files_that_differ()
    {
        string[] keys =
        [
            "a/b@2026-11-21T00:00:00Z", "a_b@2026-11-21T00:00:00Z", "a-b@2026-11-21T00:00:00Z", "a.b!2026-11-21T00:00:00.5Z", "../x", "a/../b",
        ];
        var names = keys.Select(OpenFolder.NameFor).ToList();
        Assert.That(names, Is.Unique);
        Assert.That(names, Has.None.Contains("/"));
    }

    private static FilesDelete Delete(FilesDeleteSettings settings, RunScope run, string root) =>
        new(settings, run, Node with { FileRoots = [root] }, TimeProvider.System);

    [DllImport("libc", EntryPoint = "mkfifo"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Mkfifo(byte[] path, uint mode);

    [DllImport("libc", EntryPoint = "unlink"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Unlink(byte[] path);
}
