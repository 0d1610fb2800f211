using System.Text.Json;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Scheduler.IntegrationTests.Cli;
using Scheduler.TestKit;
using Scheduler.TestKit.Telemetry;

namespace Scheduler.IntegrationTests.Telemetry;

/// <summary>The files an operator gives to Prometheus, Alertmanager, Grafana and Docker, judged by the programs that read them.</summary>
public sealed partial class AlertFileTests
{
    private static readonly string Root = FindRoot();

    // The limits of the job "nightly" as promtool sees them: kept at first, broken later. A paused or disabled job is not waited for.
    private const string GeneratedTest = """
        rule_files: [rules.yaml]
        evaluation_interval: 1m
        tests:
          - interval: 1m
            input_series:
              - {series: 'scheduler_schedule_last_success_time_seconds{job_name="nightly"}', values: '0x4000'}
              - {series: 'scheduler_schedule_paused{job_name="nightly"}', values: '0x1800 1x60 0x60 stale'}
            promql_expr_test:
              - {expr: 'count by (alertname, severity, team) (ALERTS{alertstate="firing"})', eval_time: 1559m, exp_samples: []}
              - expr: count by (alertname, severity, team) (ALERTS{alertstate="firing"})
                eval_time: 1562m
                exp_samples: [{labels: '{alertname="SchedulerJobNoRecentSuccess", severity="page", team="the \"core\" team { { .Oops }}"}', value: 1}]
              - {expr: 'count by (alertname, severity, team) (ALERTS{alertstate="firing"})', eval_time: 1830m, exp_samples: []}
              - {expr: 'count(ALERTS{alertstate="firing"})', eval_time: 1900m, exp_samples: [{labels: '{}', value: 1}]}
              - {expr: 'count(ALERTS{alertstate="firing"})', eval_time: 2000m, exp_samples: []}
          - interval: 1m
            input_series:
              - {series: 'scheduler_run_start_delay_seconds_bucket{job_name="nightly",le="60.0"}', values: '0+10x60 600x60'}
              - {series: 'scheduler_run_start_delay_seconds_bucket{job_name="nightly",le="300.0"}', values: '0+10x120'}
              - {series: 'scheduler_run_start_delay_seconds_bucket{job_name="nightly",le="+Inf"}', values: '0+10x120'}
            promql_expr_test:
              - {expr: 'count by (alertname) (ALERTS{alertstate="firing"})', eval_time: 50m, exp_samples: []}
              - expr: count by (alertname) (ALERTS{alertstate="firing"})
                eval_time: 100m
                exp_samples: [{labels: '{alertname="SchedulerJobStartsLate"}', value: 1}]
          - interval: 1m
            input_series:
              - {series: 'scheduler_run_duration_seconds_bucket{job_name="nightly",le="3600.0"}', values: '0+10x90 900x90'}
              - {series: 'scheduler_run_duration_seconds_bucket{job_name="nightly",le="14400.0"}', values: '0+10x180'}
              - {series: 'scheduler_run_duration_seconds_bucket{job_name="nightly",le="+Inf"}', values: '0+10x180'}
            promql_expr_test:
              - {expr: 'count by (alertname) (ALERTS{alertstate="firing"})', eval_time: 80m, exp_samples: []}
              - expr: count by (alertname) (ALERTS{alertstate="firing"})
                eval_time: 170m
                exp_samples: [{labels: '{alertname="SchedulerJobOverran"}', value: 1}]
          - interval: 1m
            input_series:
              - {series: 'scheduler_runs_total{job_name="nightly",verdict="succeeded"}', values: '0+100x400 40000+80x100'}
              - {series: 'scheduler_runs_total{job_name="nightly",verdict="failed"}', values: '0x400 0+20x100'}
            promql_expr_test:
              - {expr: 'count by (alertname, severity) (ALERTS{alertstate="firing"})', eval_time: 390m, exp_samples: []}
              - expr: count by (alertname, severity) (ALERTS{alertstate="firing"})
                eval_time: 490m
                exp_samples:
                  - {labels: '{alertname="SchedulerJobBudgetBurns", severity="page"}', value: 1}
        """;

    [Test]
    public async Task Promtool_accepts_every_rule_file_and_every_test_in_them_passes()
    {
        var promtool = Tool.Find("/usr/bin/promtool", Prometheus.Install);
        var rules = Directory.GetFiles(Path.Combine(Root, "config/alerts"), "*.yaml");
        var (code, text) = await Tool.Run(promtool, null, ["check", "rules", .. rules]);
        Assert.That(code, Is.Zero, text);
        (code, text) = await Tool.Run(promtool, null, ["test", "rules", .. Directory.GetFiles(Path.Combine(Root, "config/alerts/tests"), "*.yaml")]);
        Assert.That(code, Is.Zero, text);
    }

    [Test]
    public async Task Promtool_accepts_what_is_generated_from_files_and_from_the_database()
    {
        var promtool = Tool.Find("/usr/bin/promtool", Prometheus.Install);
        var folder = Directory.CreateTempSubdirectory("scheduler-alerts-").FullName;
        await using var database = await TestDatabase.Create();
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "jobs.yaml"), """
                jobs:
                  nightly:
                    kind: fleet.reclaim
                    owner: "the \"core\" team {{ .Oops }}"
                    expect: { success_within: 26h, start_within: 1m, duration_below: 1h30m }
                  calm: { kind: fleet.reclaim }
                """);
            var fromFiles = await Binary.Run("alerts", "generate", "--jobs", folder, "--objective", "99");
            Assert.That(fromFiles.ExitCode, Is.Zero, fromFiles.Error);
            Assert.That(fromFiles.Error, Does.Contain("1 job expects something"));
            var applied = await Binary.Run("config", "apply", folder, "--yes", "--connection", database.ConnectionString);
            Assert.That(applied.ExitCode, Is.Zero, applied.Error);
            var fromDatabase = await Binary.Run("alerts", "generate", "--objective", "99", "--connection", database.ConnectionString);
            Assert.That(fromDatabase.Out, Is.EqualTo(fromFiles.Out));

            await File.WriteAllTextAsync(Path.Combine(folder, "rules.yaml"), fromFiles.Out);
            var (code, text) = await Tool.Run(promtool, null, ["check", "rules", Path.Combine(folder, "rules.yaml")]);
            Assert.That(code, Is.Zero, text);
            Assert.That(text, Does.Contain("5 rules found"));
            await File.WriteAllTextAsync(Path.Combine(folder, "test.yaml"), GeneratedTest);
            (code, text) = await Tool.Run(promtool, null, ["test", "rules", Path.Combine(folder, "test.yaml")]);
            Assert.That(code, Is.Zero, text);

            var wrong = await Binary.Run("alerts", "generate", "--jobs", folder, "--objective", "200");
            Assert.That((wrong.ExitCode, wrong.Error), Is.EqualTo((2,
                "scheduler: --objective is '200'; expected a percentage from 50 to 99.99\nsee 'scheduler alerts generate --help'\n")));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [Test]
    public async Task Amtool_accepts_the_inhibitions()
    {
        var (code, text) = await Tool.Run(Tool.Find("/usr/bin/amtool", Prometheus.Install), null,
            ["check-config", Path.Combine(Root, "config/alertmanager.yaml")]);
        Assert.That(code, Is.Zero, text);
    }

    [Test]
    public void Every_alert_has_a_runbook_and_a_test_that_sees_it_fire_and_not_fire()
    {
        var alerts = Directory.GetFiles(Path.Combine(Root, "config/alerts"), "*.yaml").SelectMany(f => AlertName().Matches(File.ReadAllText(f)))
            .Select(m => m.Groups[1].Value).ToHashSet();
        var tests = string.Concat(Directory.GetFiles(Path.Combine(Root, "config/alerts/tests"), "*.yaml").Select(File.ReadAllText));
        var runbooks = Directory.GetFiles(Path.Combine(Root, "docs/runbooks")).Select(f => Path.GetFileNameWithoutExtension(f)).ToHashSet();
        Assert.That(alerts.Except(runbooks), Is.Empty, "without a page in docs/runbooks");
        Assert.That(runbooks.Except(alerts).Except((string[])["SchedulerJobBudgetBurns"]), Is.Empty, "pages of no alert");
        Assert.That(alerts.Where(a => !tests.Contains($"alertname=\"{a}\"", StringComparison.Ordinal)), Is.Empty, "never seen firing");
        // A test of one alert lists all that fire: at a time without it, it is seen not firing.
        var blocks = tests.Split("  - name: ").Skip(1).ToList();
        Assert.That(alerts.Where(a => a != "SchedulerWatchdog" && !blocks.Exists(b =>
            b.Contains($"alertname=\"{a}\"", StringComparison.Ordinal)
            && b.Split("eval_time").Skip(1).Any(t => !t.Contains(a, StringComparison.Ordinal)))),
            Is.Empty, "never seen not firing");
    }

    [Test]
    public async Task Promtool_accepts_every_expression_of_every_dashboard()
    {
        var promtool = Tool.Find("/usr/bin/promtool", Prometheus.Install);
        var file = Path.GetTempFileName();
        try
        {
            var rules = new List<object>();
            foreach (var path in Directory.GetFiles(Path.Combine(Root, "config/grafana/dashboards"), "*.json"))
            {
                using var dashboard = JsonDocument.Parse(await File.ReadAllTextAsync(path));
                var expressions = Expressions(dashboard.RootElement).ToList();
                Assert.That(expressions, Is.Not.Empty, path);
                rules.AddRange(expressions.Select((e, i) => new { record = $"{Path.GetFileNameWithoutExtension(path)}:{i}", expr = e }));
            }
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { groups = new[] { new { name = "panels", rules } } }));
            var (code, text) = await Tool.Run(promtool, null, ["check", "rules", file]);
            Assert.That(code, Is.Zero, text);
            await File.WriteAllTextAsync(file, """{"groups": [{"name": "panels", "rules": [{"record": "a:b", "expr": "sum(rate(x)"}]}]}""");
            Assert.That((await Tool.Run(promtool, null, ["check", "rules", file])).ExitCode, Is.Not.Zero, "a wrong one would be found");
        }
        finally { File.Delete(file); }
    }

    [Test]
    public void Alerts_and_dashboards_name_only_metrics_there_are()
    {
        var known = KnownMetrics();
        var files = Directory.GetFiles(Path.Combine(Root, "config/alerts"), "*.yaml")
            .Concat(Directory.GetFiles(Path.Combine(Root, "config/grafana/dashboards"), "*.json"));
        Assert.That(from f in files
                    from m in Metric().Matches(File.ReadAllText(f))
                    let name = Suffix().Replace(m.Value, "")
                    where !known.Contains(name)
                    select $"{Path.GetFileName(f)}: {m.Value}", Is.Empty);
    }

    [Test]
    public async Task Docker_compose_reads_its_file_and_refuses_a_wrong_one()
    {
        var compose = Tool.Find(Path.Combine(Tool.Folder, "compose/usr/libexec/docker/cli-plugins/docker-compose"), "./dev tools");
        var (code, text) = await Tool.Run(compose, null, ["-f", Path.Combine(Root, "docker-compose.yml"), "config", "--quiet"]);
        Assert.That(code, Is.Zero, text);
        var wrong = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(wrong, "services: {a: {image: b, restart: sometimes, depends_on: [c]}}");
            Assert.That((await Tool.Run(compose, null, ["-f", wrong, "config", "--quiet"])).ExitCode, Is.Not.Zero);
        }
        finally { File.Delete(wrong); }
    }

    [Test]
    public async Task The_linter_finds_nothing_in_the_Dockerfile()
    {
        var linter = Tool.Find(Path.Combine(Tool.Folder, "npm/node_modules/dockerfilelint/bin/dockerfilelint"), "./dev tools");
        var (code, text) = await Tool.Run("/usr/bin/env", null, ["node", linter, Path.Combine(Root, "Dockerfile")]);
        Assert.That(code, Is.Zero, text);
    }

    private static IEnumerable<string> Expressions(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => p.Name == "expr" ? [p.Value.GetString()!] : Expressions(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Expressions),
        _ => [],
    };

    private static HashSet<string> KnownMetrics()
    {
        // All that is published, by the product's own writer.
        using var meter = new Scheduler.Telemetry.SchedulerMeter();
        using var text = new Scheduler.Telemetry.MetricsText(meter);
        var names = text.Write().Split('\n').Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(l => l.Split(' ')[2]);
        var cluster = Scheduler.Telemetry.ClusterGauges.All.Select(g => Scheduler.Telemetry.MetricsText.GaugeName(g.Name, g.Unit));
        return [.. names, .. cluster, "scheduler_database_up"];
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props"))) { folder = folder.Parent; }
        return folder?.FullName ?? throw new InvalidOperationException($"no Directory.Packages.props above {AppContext.BaseDirectory}");
    }

    [GeneratedRegex(@"alert: (Scheduler\w+)")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"\bscheduler_[a-z_]+\b")]
    private static partial Regex Metric();

    [GeneratedRegex("_(total|bucket|count|sum)$")]
    private static partial Regex Suffix();
}
