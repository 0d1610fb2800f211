using System.Runtime.CompilerServices;
using NUnit.Framework;
using Scheduler.IntegrationTests.Snapshots;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>Lint has nothing to say about the jobs that come with the product.</summary>
public sealed class ShippedJobsTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../.."));

    [Test]
    public async Task Lint_has_nothing_to_say_about_jobs_of_the_config_folder_and_of_the_samples()
    {
        await using var db = await TestDatabase.Create();
        var applied = await Ask(db, "config", "apply", Path.Combine(Root, "config/jobs"), "--yes");
        Assert.That(applied.ExitCode, Is.Zero, applied.Error);
        // What a node of the sample publishes.
        await db.Execute("""
            insert into scheduler_private.kind (name, schema, defaults, summary, published_by) values ('invoices.remind', '{}', '{}', '', 'own')
            """);
        var samples = Directory.GetFiles(Path.Combine(Root, "samples"), "*.sql", SearchOption.AllDirectories);
        Assert.That(samples, Is.Not.Empty);
        foreach (var sample in samples) { await db.Execute(await File.ReadAllTextAsync(sample)); }
        Assert.That(await db.Rows<string>("select name from scheduler.job"),
            Is.SupersetOf(new[] { "remind-overdue", "snapshot-upload/{name}", "cleanup-stale-data" }));

        var all = await Ask(db, "job", "lint");
        var template = await Ask(db, "job", "lint", "snapshot-upload/{name}");
        var next = await Ask(db, "job", "next", "snapshot-upload/{name}");

        Assert.That((all.ExitCode, all.Out, all.Error), Is.EqualTo((0, "", "nothing to note\n")));
        Assert.That((template.ExitCode, template.Out, template.Error), Is.EqualTo((0, "", "nothing to note\n")));
        Assert.That(next.Error, Does.Contain("it stands for one job a row of snapshot.node"));
    }

    [Test]
    public async Task Lint_judges_the_jobs_a_template_stands_for()
    {
        await using var db = await TestDatabase.Create();
        await db.AddNode("n5", schedule: "30 2 * * *");
        await db.Execute("""
            insert into scheduler.job (name, kind, schedule, time_zone, settings, for_each)
                values ('upload/{name}', 'snapshot.upload', '{schedule}', 'Europe/Berlin', '{"node": "{name}"}', '{"relation": "snapshot.node"}');
            alter table scheduler.job disable trigger user;
            insert into scheduler.job (name, kind, schedule, time_zone, settings, made_by, on_lost)
                values ('upload/n5', 'snapshot.upload', '30 2 * * *', 'Europe/Berlin', '{"node": "n5"}', 'upload/{name}', 'rerun')
            """);
        var noted = await Ask(db, "job", "lint");
        Assert.That(noted.Out, Does.Contain("upload/n5").And.Contain("the clocks go from").And.Not.Contain("{"), noted.Error);
    }

    private static Task<Ended> Ask(TestDatabase db, params string[] arguments) =>
        Binary.RunWith(new Dictionary<string, string> { ["SCHEDULER__CONNECTION"] = db.ConnectionString }, arguments);

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
