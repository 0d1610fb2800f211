using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Npgsql;
using NUnit.Framework;
using Scheduler.Jobs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Jobs;

/// <summary>Every bad edit is refused in its statement with an exact text, and nothing of it happens.</summary>
[TestFixture]
public sealed class BadEditTests
{
    private const string Digest = """
        select md5(coalesce(string_agg(t.row::text, '|' order by t.row::text), '')) from (
            select to_jsonb(j) as row from scheduler.job j union all select to_jsonb(v) from scheduler_private.job_version v
            union all select to_jsonb(c) from scheduler_private.job_chain c union all select to_jsonb(g) from scheduler_private.job_gate g) t
        """;
    private const string Calendars =
        "select case when to_regclass('scheduler.calendar') is null then '' else query_to_xml('table scheduler.calendar', true, true, '')::text end";

    [Test]
    public async Task Every_bad_edit_is_told_what_the_golden_file_says_and_changes_nothing()
    {
        await using var database = await TestDatabase.Create();
        await KindCatalog.Publish(database.Source, new KindRegistry(SchedulerServices.BuiltInKinds), "test", 0, default);
        await database.Execute(BadEdits.Before);
        var before = (await database.Value<string>(Digest), await database.Value<string>(Calendars));

        var told = new StringBuilder();
        foreach (var edit in BadEdits.All) { told.Append(edit).Append('\n').Append(await Refusal(database, edit)).Append("\n\n"); }

        var golden = Path.Combine(Path.GetDirectoryName(ThisFile())!, "bad_edits.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") { await File.WriteAllTextAsync(golden, told.ToString()); }
        Assert.That(told.ToString(), Is.EqualTo(await File.ReadAllTextAsync(golden)), "run ./dev schema and review the diff as prose");
        Assert.That((await database.Value<string>(Digest), await database.Value<string>(Calendars)), Is.EqualTo(before));
        Assert.That(told.ToString(), Does.Not.Contain("NOT REFUSED"));
        Assert.That(BadEdits.All.Count(), Is.GreaterThanOrEqualTo(100));
    }

    private static async Task<string> Refusal(TestDatabase database, string edit)
    {
        try
        {
            var count = await database.Execute(edit);
            return string.Create(CultureInfo.InvariantCulture, $"    NOT REFUSED: {count} rows");
        }
        catch (PostgresException e)
        {
            return $"    {e.SqlState}{(e.ColumnName is null ? "" : $" column {e.ColumnName}")}: {e.MessageText}"
                + (e.Hint is null ? "" : $"\n    hint: {e.Hint}");
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
