using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Scheduler.Server.Dev;

namespace Scheduler.TestKit.Telemetry;

/// <summary>A real Prometheus that scrapes nodes each second, and, when there are alerts, a real Alertmanager behind it.</summary>
public sealed class Prometheus : IAsyncDisposable
{
    /// <summary>What installs both.</summary>
    public const string Install = "apt-get install -y prometheus prometheus-alertmanager";

    private readonly HttpClient client = new();
    private readonly string folder = Directory.CreateTempSubdirectory("scheduler-prometheus-").FullName;
    private readonly string url;
    private readonly List<Tool> tools = [];

    private Prometheus(int port) => url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    /// <summary>Start it.</summary>
    /// <param name="targets">The nodes' addresses.</param>
    /// <param name="rules">Texts of rule files. Default none.</param>
    /// <param name="alertmanager">Text of Alertmanager's configuration; null starts none.</param>
    public static async Task<Prometheus> Start(IEnumerable<string> targets, IEnumerable<string>? rules = null, string? alertmanager = null)
    {
        var program = Tool.Find("/usr/bin/prometheus", Install);
        var (port, alertPort) = (Ports.Free(), Ports.Free());
        var prometheus = new Prometheus(port);
        var number = 0;
        foreach (var rule in rules ?? [])
        {
            await File.WriteAllTextAsync(Path.Combine(prometheus.folder, FormattableString.Invariant($"rules-{number++}.yaml")), rule);
        }
        var hosts = string.Join(", ", targets.Select(t => $"\"{new Uri(t).Authority}\""));
        await File.WriteAllTextAsync(Path.Combine(prometheus.folder, "prometheus.yml"), FormattableString.Invariant($$"""
            global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
            rule_files: ["{{prometheus.folder}}/rules-*.yaml"]
            alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:{{alertPort}}"]}]}]}
            scrape_configs:
              - job_name: scheduler
                static_configs: [{targets: [{{hosts}}]}]
            """));
        if (alertmanager is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(prometheus.folder, "alertmanager.yml"), alertmanager);
            prometheus.tools.Add(Tool.Start(Tool.Find("/usr/bin/prometheus-alertmanager", Install), null,
                $"--config.file={prometheus.folder}/alertmanager.yml", $"--storage.path={prometheus.folder}/alerts",
                FormattableString.Invariant($"--web.listen-address=127.0.0.1:{alertPort}"), "--cluster.listen-address="));
        }
        // What is raised before Alertmanager is known is sent again after this time only.
        prometheus.tools.Add(Tool.Start(program, null, $"--config.file={prometheus.folder}/prometheus.yml",
            $"--storage.tsdb.path={prometheus.folder}/data", FormattableString.Invariant($"--web.listen-address=127.0.0.1:{port}"),
            "--rules.alert.resend-delay=1s", "--enable-feature=exemplar-storage"));
        await Until.Holds("Prometheus answers", async () =>
            (await prometheus.client.GetAsync(new Uri(prometheus.url + "/-/ready"))).IsSuccessStatusCode);
        return prometheus;
    }

    /// <summary>What an expression gives now: labels and value of each series.</summary>
    public async Task<IReadOnlyList<(IReadOnlyDictionary<string, string> Labels, double Value)>> Query(string expression)
    {
        var answer = await client.GetFromJsonAsync<JsonElement>(new Uri($"{url}/api/v1/query?query={Uri.EscapeDataString(expression)}"));
        return [.. answer.GetProperty("data").GetProperty("result").EnumerateArray().Select(r => (
            (IReadOnlyDictionary<string, string>)r.GetProperty("metric").EnumerateObject().ToDictionary(l => l.Name, l => l.Value.GetString()!),
            double.Parse(r.GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture)))];
    }

    /// <summary>Traces that exemplars of a metric lead to, of the last minutes.</summary>
    public async Task<IReadOnlyList<string>> ExemplarTraces(string metric)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var answer = await client.GetFromJsonAsync<JsonElement>(new Uri(
            FormattableString.Invariant($"{url}/api/v1/query_exemplars?query={Uri.EscapeDataString(metric)}&start={now - 600}&end={now + 60}")));
        return [.. answer.GetProperty("data").EnumerateArray().SelectMany(s => s.GetProperty("exemplars").EnumerateArray())
            .Select(e => e.GetProperty("labels").GetProperty("trace_id").GetString()!)];
    }

    /// <summary>What is wrong with the scrapes, one text a target; empty when all go well.</summary>
    public async Task<IReadOnlyList<string>> ScrapeErrors()
    {
        var answer = await client.GetFromJsonAsync<JsonElement>(new Uri(url + "/api/v1/targets"));
        return [.. answer.GetProperty("data").GetProperty("activeTargets").EnumerateArray()
            .Select(t => $"{t.GetProperty("health").GetString()} {t.GetProperty("lastError").GetString()}".Trim()).Where(t => t != "up")];
    }

    /// <summary>The last lines of both programs.</summary>
    public string Log() => string.Join('\n', tools.SelectMany(t => t.Lines.TakeLast(20)));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var tool in tools) { await tool.DisposeAsync(); }
        client.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
