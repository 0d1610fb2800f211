using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Kinds.Files;

namespace Scheduler.IntegrationTests.Kinds;

[TestFixture]
public sealed class FilesDeleteTests
{
    private static readonly TimeSpan Old = TimeSpan.FromDays(10);
    private static readonly TimeSpan Young = TimeSpan.FromHours(1);

    [Test]
    public async Task Old_files_of_the_pattern_go_also_below()
    {
        await using var kind = await LedgerRun.Create();
        using var folder = new TempFolder();
        string[] gone = [folder.File("a.log", Old), folder.File("deep/er/b.log", Old)];
        string[] kept = [folder.File("young.log", Young), folder.File("old.txt", Old), folder.File("deep/A.LOG", Old)];
        var result = await kind.Run(run => Job(new() { Path = folder.Path, Pattern = "*.log", OlderThan = TimeSpan.FromDays(1) }, run, folder.Path));
        Assert.That(gone.Where(File.Exists), Is.Empty);
        Assert.That(kept.All(File.Exists), Is.True);
        Assert.That(result.ToString(), Does.Contain("\"deleted\": 2").And.Contain("\"bytes\": 2"));
    }

    [Test]
    public async Task Links_are_neither_followed_nor_deleted()
    {
        await using var kind = await LedgerRun.Create();
        using var folder = new TempFolder();
        using var outside = new TempFolder();
        var target = outside.File("precious", Old);
        File.CreateSymbolicLink(Path.Combine(folder.Path, "file"), target);
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "folder"), outside.Path);
        var result = await kind.Run(run => Job(new() { Path = folder.Path, OlderThan = TimeSpan.FromMinutes(1) }, run, folder.Path));
        Assert.That(File.Exists(target), Is.True);
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(2));
        Assert.That(result.ToString(), Does.Contain("\"deleted\": 0"));
    }

    [TestCase("/etc", "lies in none of this node's file_roots")]
    [TestCase("{root}/../etc", "expected a path without")]
    [TestCase("{root}x", "lies in none of this node's file_roots")]
    [TestCase("relative", "expected an absolute path")]
    [TestCase("{root}/link", "is a link or no folder")]
    [TestCase("{root}/link/deeper", "is a link or no folder")]
    [TestCase("{root}/missing", "is not there")]
    public async Task A_path_outside_the_roots_or_through_a_link_is_refused(string path, string expected)
    {
        await using var kind = await LedgerRun.Create();
        using var folder = new TempFolder();
        using var outside = new TempFolder();
        Directory.CreateDirectory(Path.Combine(outside.Path, "deeper"));
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "link"), outside.Path);
        var settings = new FilesDeleteSettings
        {
            Path = path.Replace("{root}", folder.Path, StringComparison.Ordinal),
            OlderThan = TimeSpan.FromDays(1),
        };
        var error = await Assert.ThrowsAsync<OperatorException>(() => kind.Run(run => Job(settings, run, folder.Path)));
        Assert.That(error!.Message, Does.Contain(expected));
    }

    [Test]
    public async Task The_guard_stops_before_the_first_file_goes()
    {
        await using var kind = await LedgerRun.Create();
        using var folder = new TempFolder();
        for (var i = 0; i < 5; i++) { folder.File($"f{i}", Old); }
        var settings = new FilesDeleteSettings { Path = folder.Path, OlderThan = TimeSpan.FromDays(1) };
        await Assert.ThrowsAsync<GuardBreachedException>(() => kind.Run(run => Job(settings, run, folder.Path), new(4, null)));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(5));
    }

    private static FilesDelete Job(FilesDeleteSettings settings, Scheduler.Runs.RunScope run, string root) =>
        new(settings, run, new NodeOptions { Name = "test", ConnectionString = "", FileRoots = [root] }, TimeProvider.System);
}
