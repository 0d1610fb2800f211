using NUnit.Framework;
using Scheduler.Jobs;
using Scheduler.Jobs.Files;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Jobs;

/// <summary>A folder of job files of one test, planned and applied against its database.</summary>
internal sealed class FolderOfJobs(TestDatabase db) : IDisposable
{
    public static KindRegistry Kinds { get; } = new(SchedulerServices.BuiltInKinds);

    public string Path { get; } = Directory.CreateTempSubdirectory("scheduler-files-").FullName;

    /// <summary>Write a file; null removes it.</summary>
    public void Write(string name, string? text)
    {
        var path = System.IO.Path.Combine(Path, name);
        if (text is null) { File.Delete(path); }
        else { File.WriteAllText(path, text); }
    }

    /// <summary>A file of SQL jobs, each with a schedule.</summary>
    public void Jobs(string name, params (string Job, string Keys)[] jobs) => Write(name, "jobs:\n" + string.Concat(jobs.Select(j =>
        $"  {j.Job}: {{ kind: sql, with: {{ statement: select 1 }}{(j.Keys.Length > 0 ? ", " : "")}{j.Keys} }}\n")));

    public JobFolder Declared() => JobFiles.Load(Path, Kinds);

    public Task<JobPlan> Plan(PlanOptions? options = null) =>
        FileStore.Plan(db.ConnectionString, Declared(), options ?? new(), Kinds, new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero), default);

    public Task<JobPlan> Apply(PlanOptions? options = null, string? hash = null) =>
        FileStore.Apply(db.ConnectionString, Declared(), options ?? new(), Kinds, hash, default);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A database and a folder of job files for each test.</summary>
public abstract class FilesFixture
{
    private protected TestDatabase Db { get; private set; } = null!;
    private protected FolderOfJobs Files { get; private set; } = null!;

    /// <summary>Before each test.</summary>
    [SetUp]
    public async Task SetUp()
    {
        Db = await TestDatabase.Create();
        Files = new(Db);
    }

    /// <summary>After each test.</summary>
    [TearDown]
    public async Task TearDown()
    {
        Files.Dispose();
        await Db.DisposeAsync();
    }
}
