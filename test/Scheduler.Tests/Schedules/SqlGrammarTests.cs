using System.Text.Encodings.Web;
using System.Text.Json;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Tests.Schedules;

/// <summary>The database judges schedules by the tables of this code: its files that hold them are made here, and are never older.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SqlGrammarTests
{
    private static readonly JsonSerializerOptions Style = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [TestCase("schedule_grammar", "What schedules may say: fields of crons, parts of rules, events, and what people write who come from elsewhere.")]
    [TestCase("zone_names", "Names that mistyped time zones are put right with.")]
    public void What_the_database_judges_by_is_what_this_code_judges_by(string name, string what)
    {
        object tables = name == "zone_names" ? Zones() : Grammar();
        // As SQL files have them.
        var json = JsonSerializer.Serialize(tables, Style).ReplaceLineEndings("\n");
        var text = $"""
            -- {what} Generated from src/Scheduler/Schedules by SqlGrammarTests: change it there, then ./dev schema.
            create or replace function scheduler_private.{name}() returns jsonb
            language sql immutable parallel safe as $sql$
            select $json${json}$json$::jsonb
            $sql$;

            """.ReplaceLineEndings("\n");
        var path = Path.Combine(TestContext.CurrentContext.TestDirectory, "../../../../sql/functions", $"scheduler_private.{name}.sql");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") { File.WriteAllText(path, text); }
        Assert.That(File.Exists(path) ? File.ReadAllText(path) : "", Is.EqualTo(text), $"{Path.GetFileName(path)} is old; run ./dev schema");
    }

    private static object Zones() => new { names = ZoneNames.All, of_windows = ZoneNames.OfWindows, form = $"{Scheduler.Schedules.Zones.Form}$" };

    private static object Grammar() => new
    {
        limits = new
        {
            schedule = Schedule.TextLengthMax,
            parts = Schedule.PartsMax,
            part = SchedulePart.TextLengthMax,
            rule = RrulePart.RuleLengthMax,
            slip_words = ScheduleSlips.WordsMost,
            duration = Duration.WordsLengthMax,
        },
        expected = SchedulePart.ExpectedForms,
        rule_key = Schedule.RuleKeyForm,
        words = Array(SchedulePart.Words),
        duration = new { once = Duration.Once, iso = Duration.IsoForm },
        slips = ScheduleSlips.All,
        finer = ScheduleSlips.FinerForm,
        at = new { form = AtPart.FormPattern, expected = AtPart.Expected, meant = ScheduleSlips.DateForm },
        macros = Array([.. CronFields.Macros.Keys]),
        cron = new { unix = CronFields.Unix.Select(Field), quartz = CronFields.Quartz.Select(Field) },
        cron_units = CronReader.UnitOf,
        cron_years = new { first = CronTimes.YearFirst, last = CronTimes.YearLast },
        cron_slips = CronSlips.All,
        cron_name_length = CronSlips.NameLength,
        cron_three = CronSlips.ThreeForm,
        rule = new
        {
            frequencies = RecurrenceGrammar.Frequencies,
            weekdays = RecurrenceGrammar.Weekdays,
            keys = RecurrenceGrammar.Keys.Select(k => new
            {
                k.Name,
                form = k.Form.ToString(),
                k.Min,
                k.Max,
                k.FromEnd,
                k.With,
                expected = RecurrenceGrammar.Expected(k),
            }),
            names = Array([.. RecurrenceGrammar.Keys.Select(k => k.Name)]),
            only_one_of = RecurrenceGrammar.OnlyOneOf,
            numbered_with = RecurrenceGrammar.NumberedWith,
            numbered_without = RecurrenceGrammar.NumberedWithout,
            chooses = RecurrenceGrammar.Chooses,
            needs_starts = RecurrenceGrammar.NeedsStarts,
        },
        events = new
        {
            jobs_max = EventGrammar.JobsMax,
            length_min = EventGrammar.LengthMin,
            delay_max = EventGrammar.DelayMax,
            interval_max = EventGrammar.IntervalMax,
            params_max = EventGrammar.ParamsMax,
            job_name = EventGrammar.JobName,
            channel_name = EventGrammar.ChannelName,
            own_channels = EventGrammar.OwnChannels,
            with_pattern = EventGrammar.WithPattern,
            with_slip = EventGrammar.WithSlip,
            param = EventGrammar.Param,
            outcomes = EventGrammar.Outcomes,
            keywords = Array(EventGrammar.Keywords),
            forms = EventGrammar.Forms.Select(f => new { f.Event, f.Head, f.Pattern, slots = f.Slots.Select(s => s.ToString()) }),
            every_after = EventGrammar.EveryAfter,
            expected = EventGrammar.Expected,
            wrong = EventGrammar.Wrong.ToDictionary(w => w.Key.ToString(), w => w.Value),
            too_many_jobs = EventGrammar.TooManyJobs,
            job_twice = EventGrammar.JobTwice,
            several_ends = EventGrammar.SeveralEnds,
            own_channel = EventGrammar.OwnChannel,
            wrong_params = EventGrammar.WrongParams,
            param_twice = EventGrammar.ParamTwice,
            too_many_params = EventGrammar.TooManyParams,
            refusals = EventGrammar.Refusals.Select(r => new { r.Pattern, r.Why }),
            repairs = EventGrammar.Repairs.Select(r => new { r.Head, r.Pattern, put = Template(r.Put) }),
            durations = EventGrammar.Durations,
            param_repairs = EventGrammar.ParamRepairs.Select(r => new { r.Pattern, put = Template(r.Put) }),
        },
    };

    private static object Field(CronField f) => new
    {
        f.Name,
        f.Lowest,
        f.Highest,
        f.StepMost,
        f.Expected,
        names = Array([.. f.Names]),
        f.NamesFrom,
        f.Item,
        f.Special,
        f.SpecialExpected,
        f.Wraps,
        f.Round,
    };

    // As a literal of PostgreSQL, which is read faster than JSON.
    private static string Array(string[] words) => $"{{{string.Join(',', words)}}}";

    // {1} as PostgreSQL's regexp_replace has it.
    private static string Template(string put) => put.Replace("{1}", "\\1", StringComparison.Ordinal).Replace("{2}", "\\2", StringComparison.Ordinal);
}
