using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>How rules are written.</summary>
public sealed record AlertRuleOptions
{
    /// <summary>What comes before a runbook's file name. Default <c>docs/runbooks/</c>.</summary>
    public string Runbooks { get; init; } = "docs/runbooks/";
    /// <summary>Share of runs that is to succeed over 30 days, 0.5 to 0.9999; null writes no rules on it. Default none.</summary>
    public double? Objective { get; init; }
}

/// <summary>
/// Prometheus rules made of what each job expects of itself (<c>expect</c>): one alert for each limit, named as in <c>config/alerts/expect.yaml</c>,
/// whose place they take, with the limit in the text and the job's owner as the label <c>team</c>. The same jobs give the same text.
/// </summary>
public static class AlertRules
{
    /// <summary>Rules for the jobs in the database.</summary>
    public static Task<(string Text, int Jobs)> OfDatabase(string connectionString, AlertRuleOptions options, CancellationToken token) =>
        OperatorConnection.Use(connectionString, async c => Write((await c.QueryAsync<(string, string, string)>(new CommandDefinition(
            "select name, owner, expect::text from scheduler.job where for_each is null and enabled order by name", cancellationToken: token)))
            .Select(r => new Row(r.Item1, r.Item2, r.Item3)), options), token);

    /// <summary>Rules for jobs read from files. A job with <c>for_each</c> has none: its jobs are known to the database alone.</summary>
    public static (string Text, int Jobs) Of(IEnumerable<JobDefinition> jobs, AlertRuleOptions options) => Write(
        jobs.Where(j => j.ForEach is null && j.Enabled).OrderBy(j => j.Name, StringComparer.Ordinal).Select(j => new Row(j.Name, j.Owner, j.Expect)),
        options);

    private static (string Text, int Jobs) Write(IEnumerable<Row> jobs, AlertRuleOptions options)
    {
        var text = new StringBuilder("# Made by \"scheduler alerts generate\" from what jobs expect; load it instead of expect.yaml.\ngroups:\n"
            + "  - name: scheduler-expect\n    rules:");
        var count = 0;
        foreach (var job in jobs)
        {
            var expect = JsonSerializer.Deserialize<Expected>(job.Expect)!;
            if (expect is { SuccessWithin: null, StartWithin: null, DurationBelow: null }) { continue; }
            count++;
            var selector = $"{{job_name=\"{job.Name}\"}}";
            if (expect.SuccessWithin is { } within)
            {
                Rule(text, job, options, "SchedulerJobNoRecentSuccess", "page", null, $"has not succeeded for {within}",
                    $"time() - (max by (cluster, job_name) (scheduler_schedule_last_success_time_seconds{selector})"
                    + $" or max by (cluster, job_name) (scheduler_job_created_time_seconds{selector})) > {Seconds(within)}"
                    + $" and max by (cluster, job_name) (scheduler_schedule_paused{selector}) == 0");
            }
            if (expect.StartWithin is { } start)
            {
                Rule(text, job, options, "SchedulerJobStartsLate", "warning", "5m", $"starts more than {start} after it is due",
                    Quantile("start_delay", selector, "10m") + $" > {Seconds(start)}");
            }
            if (expect.DurationBelow is { } below)
            {
                Rule(text, job, options, "SchedulerJobOverran", "warning", "5m", $"takes longer than {below}",
                    Quantile("duration", selector, "1h") + $" > {Seconds(below)}");
            }
            if (options.Objective is { } objective) { Budget(text, job, options, objective); }
        }
        return (count == 0 ? text.Append(" []\n").ToString() : text.Append('\n').ToString(), count);
    }

    // Two windows each: the long one shows that it matters, the short one that it goes on. 14.4 uses 2 % of 30 days' budget in an hour, 6 uses 5 % in
    // six hours.
    private static void Budget(StringBuilder text, Row job, AlertRuleOptions options, double objective)
    {
        foreach (var (rate, longer, shorter, severity) in new[] { ("14.4", "1h", "5m", "page"), ("6", "6h", "30m", "warning") })
        {
            var limit = FormattableString.Invariant($"{rate} * {1 - objective:0.######}");
            Rule(text, job, options, "SchedulerJobBudgetBurns", severity, null,
                FormattableString.Invariant($"fails too often to succeed {objective * 100:0.####} % of the time"),
                $"{Failing(job, longer)} > {limit} and {Failing(job, shorter)} > {limit}");
        }
    }

    private static string Failing(Row job, string window) =>
        $"sum by (cluster, job_name) (rate(scheduler_runs_total{{job_name=\"{job.Name}\",verdict=~\"failed|timed_out|unknown|missed\"}}[{window}]))"
        + $" / sum by (cluster, job_name) (rate(scheduler_runs_total{{job_name=\"{job.Name}\",verdict!=\"skipped\"}}[{window}]))";

    private static string Quantile(string metric, string selector, string window) =>
        $"histogram_quantile(0.95, sum by (cluster, job_name, le) (rate(scheduler_run_{metric}_seconds_bucket{selector}[{window}])))";

    private static void Rule(
        StringBuilder text, Row job, AlertRuleOptions options, string alert, string severity, string? lasting, string says, string expression)
    {
        text.Append("\n      - alert: ").Append(alert).Append("\n        expr: ").Append(Quoted(expression));
        if (lasting is not null) { text.Append("\n        for: ").Append(lasting); }
        text.Append("\n        labels: {severity: ").Append(severity).Append(", scope: job");
        if (job.Owner.Length > 0) { text.Append(", team: ").Append(Quoted(Plain(job.Owner))); }
        text.Append("}\n        annotations:\n          summary: ").Append(Quoted($"{job.Name} {says}"))
            .Append("\n          runbook_url: ").Append(Quoted($"{options.Runbooks}{alert}.md"));
    }

    // Prometheus reads {{ }} in labels as a template; an owner's name is not one.
    private static string Plain(string text) => text.Replace("{{", "{ {", StringComparison.Ordinal);

    private static string Quoted(string text) => JsonSerializer.Serialize(text, Style);

    private static string Seconds(string duration) => Duration.Parse(duration).TotalSeconds.ToString("0", CultureInfo.InvariantCulture);

    // A JSON text is a YAML text.
    private static readonly JsonSerializerOptions Style = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private sealed record Row(string Name, string Owner, string Expect);

    private sealed record Expected(
        [property: JsonPropertyName("success_within")] string? SuccessWithin, [property: JsonPropertyName("start_within")] string? StartWithin,
        [property: JsonPropertyName("duration_below")] string? DurationBelow);
}
