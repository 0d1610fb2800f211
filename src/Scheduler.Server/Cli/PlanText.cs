using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scheduler.Jobs.Files;

namespace Scheduler.Server.Cli;

/// <summary>Prints a plan for people: what is lost first, what it means last.</summary>
internal static class PlanText
{
    // A statement of a page is told by its beginning; --json has it whole.
    private const int ValueColumnsMax = 80;

    public static void Write(JobPlan plan)
    {
        foreach (var job in plan.Deleted)
        {
            var runs = $"{job.Runs} {(job.Runs == 1 ? "run" : job.Runs < FileStore.RunsCountedMax ? "runs" : "runs or more")}";
            var last = job.LastSuccessAt is { } at ? $", last success {Instant(at)}" : "";
            Line($"- delete {job.Name}  (was {job.Source}; {runs}{last}; history is kept)");
        }
        foreach (var job in plan.Added)
        {
            Line($"+ add {job.Name}  ({job.Source}; {job.Kind}, {Output.OneLine(job.Schedule)}{(job.DeletedInSql ? "; was deleted in SQL" : "")})");
        }
        foreach (var job in plan.Changed)
        {
            Line($"~ change {job.Name}  ({job.Source}{(job.TakenOver ? "; was made in SQL, taken over by the file" : "")})");
            foreach (var field in job.Fields) { Line($"    {field.Field}: {Value(field.Live)} -> {Value(field.File)}{Why(field)}"); }
        }
        foreach (var job in plan.Drifted)
        {
            Line($"= keep {job.Name}  ({job.Source}; edited in SQL, kept until the file changes it)");
            foreach (var field in job.Fields)
            {
                Line($"    {field.Field}: {Value(field.Live)}, set {Owner(field)}; the file says {Value(field.File)}");
            }
        }
        foreach (var name in plan.TakenOver) { Line($"= take over {name}  (made in SQL, the file says the same)"); }
        foreach (var calendar in plan.Calendars) { Write("calendar", calendar); }
        foreach (var channel in plan.Channels) { Write("channel", channel); }
        if (plan.Consequences is { } consequences) { Write(consequences); }
        Line($"plan {plan.Hash}: {Summary(plan)}");
    }

    /// <summary>The plan in one line.</summary>
    public static string Summary(JobPlan plan)
    {
        var parts = new[]
        {
            (plan.Deleted.Count, "deleted"), (plan.Added.Count, "added"), (plan.Changed.Count, "changed"), (plan.TakenOver.Count, "taken over"),
            (plan.Drifted.Count, "edited in SQL and kept"), (plan.Calendars.Count(c => c.Fate != PartFate.Keep), "calendars"),
            (plan.Channels.Count(c => c.Fate != PartFate.Keep), "channels"),
        }.Where(p => p.Item1 > 0).Select(p => $"{p.Item1} {p.Item2}").ToList();
        var rest = $"{plan.Unchanged} of {plan.Declared} unchanged";
        return (plan.HasChanges ? "" : "no changes, ") + string.Join(", ", parts.Append(rest));
    }

    private static void Write(string what, PlannedPart part)
    {
        Line($"{part.Fate switch
        {
            PartFate.Add => "+ add",
            PartFate.Change => "~ change",
            PartFate.Delete => "- delete",
            PartFate.TakeOver => "= take over",
            PartFate.Keep or _ => "= keep",
        }} {what} {part.Name}  ({part.Source})");
        foreach (var field in part.Fields)
        {
            Line(part.Fate == PartFate.Keep
                ? $"    {field.Field}: {Value(field.Live)}, set in SQL; the file says {Value(field.File)}"
                : $"    {field.Field}: {Value(field.Live)} -> {Value(field.File)}{Why(field)}");
        }
    }

    private static void Write(PlanConsequences consequences)
    {
        if (consequences.Fires.Count + consequences.Warnings.Count + consequences.NotComputed == 0) { return; }
        Line($"fires from {Instant(consequences.From.UtcDateTime)} to {Instant(consequences.To.UtcDateTime)}:");
        foreach (var job in consequences.Fires)
        {
            var cut = job.CountedUntil is { } until ? $" (counted to {Instant(until.UtcDateTime)}: at most {PlanConsequences.FiresMax} a job)" : "";
            Line($"    {job.Job}: +{job.Gained} -{job.Lost}, {job.After} in all{cut}");
        }
        if (consequences.NotComputed > 0)
        {
            Line($"    {consequences.NotComputed} more jobs not computed: at most {PlanConsequences.AllFiresMax} fires are looked at");
        }
        foreach (var warning in consequences.Warnings) { Line($"    warning: {warning}"); }
    }

    private static string Why(FieldDifference field) => field.Fate switch
    {
        FieldFate.Replace => $"  (replaces what was set {Owner(field)}; the file had {Value(field.LastApplied)})",
        FieldFate.Force => $"  (forced; replaces what was set {Owner(field)})",
        _ => field.LiveOwner is null ? "" : $"  (from {field.LiveOwner})",
    };

    private static string Owner(FieldDifference field) => field.LiveOwner is null ? "in SQL" : $"by {field.LiveOwner}";

    private static string Value(JsonNode? value)
    {
        var text = Output.OneLine(value is null ? "nothing"
            : value.GetValueKind() == JsonValueKind.String ? $"'{(string)value!}'" : value.ToJsonString(Output.JsonLine));
        return text.Length <= ValueColumnsMax ? text : text[..ValueColumnsMax] + "…";
    }

    private static string Instant(DateTime at) => at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static void Line(string text) => Console.Out.WriteLine(text);
}
