using Npgsql;
using NUnit.Framework;
using Scheduler.Kinds.Sql;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Kinds;

/// <summary>Params of jobs: judged when a job is saved and when a run is asked for, bound where they are used.</summary>
[TestFixture]
public sealed class ParamTests
{
    private const string Declared = """{"day": "today", "limit": 10, "ratio": 0.5, "dry": false, "tags": ["a"], "any": null}""";

    [TestCase("""{"dya": "x"}""", "has no param 'dya'; expected one of any, day, dry, limit, ratio, tags", "did you mean 'day'?")]
    [TestCase("""{"limit": "10"}""", "param 'limit' of job 'a' is '10'; expected a whole number", null)]
    [TestCase("""{"limit": 1.5}""", "param 'limit' of job 'a' is 1.5; expected a whole number", null)]
    [TestCase("""{"ratio": true}""", "param 'ratio' of job 'a' is true; expected a number", null)]
    [TestCase("""{"day": 5}""", "param 'day' of job 'a' is 5; expected text, e.g. \"2026-11-21\"", null)]
    [TestCase("""{"day": null}""", "param 'day' of job 'a' is empty; expected text", null)]
    [TestCase("""{"dry": 0}""", "param 'dry' of job 'a' is 0; expected true or false", null)]
    [TestCase("""{"tags": "a"}""", "param 'tags' of job 'a' is 'a'; expected a list", null)]
    public async Task A_request_with_a_name_or_a_type_the_job_does_not_have_is_refused(string given, string message, string? hint)
    {
        await using var database = await Database();
        var refused = await Assert.ThrowsAsync<PostgresException>(() =>
            database.Value<string>("select scheduler.run_now('a', @given::jsonb)", new { given }));
        Assert.That(refused!.MessageText, Does.Contain(message));
        if (hint is not null) { Assert.That(refused.Hint, Is.EqualTo(hint)); }
        Assert.That(await database.Value<long>("select count(*) from scheduler.run"), Is.Zero);
    }

    [TestCase("""{"ratio": 2, "limit": 3, "any": [1], "dry": true}""")]
    [TestCase("{}")]
    public async Task A_request_that_fits_goes_over_the_jobs_own(string given)
    {
        await using var database = await Database();
        await database.Value<string>("select scheduler.run_now('a', @given::jsonb)", new { given });
        Assert.That(await database.Value<bool>("select params = @Declared::jsonb || @given::jsonb from scheduler.run", new { Declared, given }),
            Is.True);
    }

    [TestCase("settings = '{\"statement\": \"select ${params.limt}\"}'",
        "settings name ${params.limt}; expected one of the job's params any, day", "limit")]
    [TestCase("params = '{}', settings = '{\"statement\": \"select ${params.day}\"}'",
        "settings name ${params.day}; expected a job with params", null)]
    [TestCase("settings = '{\"statement\": \"select ${parent.verdict}\"}'", "the job follows none; expected a schedule 'after JOB'", null)]
    public async Task An_edit_that_names_what_the_job_does_not_have_is_refused(string edit, string message, string? near)
    {
        await using var database = await Database();
        var refused = await Assert.ThrowsAsync<PostgresException>(() => database.Execute($"update scheduler.job set {edit} where name = 'a'"));
        Assert.That(refused!.MessageText, Does.Contain(message));
        if (near is not null) { Assert.That(refused.Hint, Is.EqualTo($"did you mean '{near}'?")); }
    }

    [Test]
    public async Task A_param_that_settings_name_cannot_be_taken_away()
    {
        await using var database = await Database();
        await database.Execute("update scheduler.job set settings = '{\"statement\": \"select ${params.day}, ${params.limit}\"}' where name = 'a'");
        var refused = await Assert.ThrowsAsync<PostgresException>(() => database.Execute("update scheduler.job set params = params - 'day'"));
        Assert.That(refused!.MessageText, Does.Contain("settings name ${params.day}"));
    }

    // reliability.md T10 and T12: whatever a value holds, it is a value, in SQL as in arguments and addresses.
    internal static readonly string[] Corpus =
    [
        "'; drop table public.got; --", "$1", "${run.key}", "$(id)\n-- @file\t\\", "`id`", "ä€😀\"", "--help", "@/etc/passwd", "*", "a b", "",
        "../../admin?x=1#y", "http://127.0.0.1/", "a&b=c;d/e\\f%2e%00", "x\r\nX-Evil: 1", "x, y}]\"{[",
    ];

    [TestCaseSource(nameof(Corpus))]
    public async Task In_SQL_a_param_is_bound_and_arrives_as_it_is(string value)
    {
        await using var run = await LedgerRun.Create("create table public.got (a text, b bigint, c numeric, d boolean, e jsonb, f text)");
        run.Params = Declared;
        var given = System.Text.Json.JsonSerializer.Serialize(new { day = value, ratio = 2 });
        await run.Run(scope => new SqlJob(new()
        {
            Statement = "insert into public.got"
                + " values (${params.day}, ${params.limit}, ${params.ratio}, ${params.dry}, ${params.tags}, ${params.any})",
        }, scope, run.Databases, KindRun.Node()), row: await run.Claimed() with { Params = given });
        Assert.That(await run.Database.Value<string>("select a from public.got"), Is.EqualTo(value));
        Assert.That(await run.Database.Value<string>("select concat_ws(' ', b, c, d, e, f is null) from public.got"), Is.EqualTo("10 2 f [\"a\"] t"));
    }

    [Test]
    public async Task The_run_before_and_the_last_success_are_values_and_null_when_there_is_none()
    {
        await using var run = await LedgerRun.Create("create table public.got (n serial, due timestamptz, success timestamptz)");
        var settings = new SqlSettings { Statement = "insert into public.got (due, success) values (${prev.due_at}, ${prev.succeeded_at})" };
        run.ReadsPast = true;
        for (var i = 0; i < 2; i++) { await run.Run(scope => new SqlJob(settings, scope, run.Databases, KindRun.Node())); }
        Assert.That(await run.Database.Value<bool>("select due is null and success is null from public.got where n = 1"), Is.True);
        Assert.That(await run.Database.Value<DateTime>("select due from public.got where n = 2"), Is.EqualTo(LedgerRun.DueAt));
        Assert.That(await run.Database.Value<bool>("select success >= (select ended_at from scheduler.run order by due_at limit 1)"
            + " and success < clock_timestamp() from public.got where n = 2"), Is.True);
    }

    private static async Task<TestDatabase> Database()
    {
        var database = await TestDatabase.Create();
        await database.Execute("insert into scheduler.job (name, kind, params) values ('a', 'sql', @Declared::jsonb)", new { Declared });
        return database;
    }
}
