using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scheduler.Benchmarks;

/// <summary>
/// What a benchmark says at its end: one object for each contender, whose keys end with their units; ratios; the machine. As text, or with
/// <c>--json</c> as JSON; with <c>--write-docs</c> also as a plot in docs/plots and as JSON in artifacts/bench.
/// </summary>
internal sealed class Report(string name, Session session)
{
    private static readonly JsonSerializerOptions Written = new()
    {
        WriteIndented = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly JsonObject head = [];
    private readonly JsonObject ratios = [];
    private readonly List<(Contender Contender, JsonObject Figures, JsonObject Details)> contenders = [];
    private readonly List<string> faults = [];

    /// <summary>A fact of the whole run.</summary>
    public void Fact(string key, double value) => head[key] = Number(value);

    /// <summary>A fact of the whole run.</summary>
    public void Fact(string key, JsonNode value) => head[key] = value;

    /// <summary>A contender's figures, in the order they are shown. <c>duplicates</c>, <c>gaps</c> and <c>missing</c> of ours must be zero.</summary>
    public void Add(Contender contender, params (string Key, double Value)[] figures)
    {
        var all = new JsonObject();
        foreach (var (key, value) in figures)
        {
            all[key] = Number(value);
            if (contender.IsOurs && key is "duplicates" or "gaps" or "missing" && value > 0) { faults.Add($"{contender.Name}: {value:0} {key}"); }
        }
        contenders.Add((contender, all, []));
    }

    /// <summary>What belongs to a contender's figures and is only shown in the JSON.</summary>
    public void Detail(Contender contender, string key, JsonNode value) => contenders.Single(c => c.Contender == contender).Details[key] = value;

    /// <summary>How many times better <c>ours</c> is than each vanilla contender by one figure.</summary>
    public void Ratios(string key, bool higherIsBetter)
    {
        foreach (var (ours, other, suffix) in Pairs())
        {
            if (Value(ours, key) is not { } a || Value(other, key) is not { } b || a <= 0 || b <= 0) { continue; }
            ratios[$"ratio_to_{suffix}"] = Math.Round(higherIsBetter ? a / b : b / a, 2);
        }
    }

    /// <summary>Print and write. Returns the exit code: 1 when ours has lost or doubled something.</summary>
    public async Task<int> Tell(params Plot[] plots)
    {
        var machine = await Machine.Of(session.Server);
        var json = Json(machine);
        if (session.Options.Json) { Console.WriteLine(json.ToJsonString(Written)); }
        else { Print(machine); }
        if (session.Options.Has("write-docs")) { await Write(json, machine, plots); }
        foreach (var fault in faults) { Session.Say($"WRONG: {fault}"); }
        return faults.Count == 0 ? 0 : 1;
    }

    private static JsonNode Number(double value) =>
        double.IsFinite(value) ? (JsonNode)(Math.Abs(value) >= 100 ? Math.Round(value) : Math.Round(value, 3)) : "none";

    private static double? Value(JsonObject figures, string key) =>
        figures[key] is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;

    // A variant of ours is compared with the same variant of vanilla.
    private IEnumerable<(JsonObject Ours, JsonObject Other, string Suffix)> Pairs() =>
        from b in contenders
        where !b.Contender.IsOurs
        from a in contenders
        where a.Contender.IsOurs && a.Contender.Variant == b.Contender.Variant && a.Contender.NodeArgs.Contains("--set")
        select (a.Figures, b.Figures, b.Contender.Name["vanilla_".Length..]);

    private JsonObject Json(Machine machine)
    {
        var json = new JsonObject { ["benchmark"] = name };
        foreach (var (key, value) in head) { json[key] = value?.DeepClone(); }
        json["machine"] = machine.Line;
        json["cores"] = machine.Cores;
        json["os"] = machine.System;
        json["runtime"] = machine.Runtime;
        json["postgres"] = machine.Postgres;
        json["measured_at"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture);
        foreach (var (contender, figures, details) in contenders)
        {
            var all = figures.DeepClone().AsObject();
            foreach (var (key, value) in details) { all[key] = value?.DeepClone(); }
            json[contender.Name] = all;
        }
        foreach (var (key, value) in ratios) { json[key] = value?.DeepClone(); }
        return json;
    }

    private void Print(Machine machine)
    {
        Console.WriteLine($"{name}: {string.Join(", ", head.Where(h => h.Value is JsonValue).Select(h => $"{h.Key} {h.Value}"))}; medians");
        var keys = contenders.SelectMany(c => c.Figures.Select(f => f.Key)).Distinct().ToList();
        var width = contenders.Max(c => c.Contender.Name.Length);
        Console.WriteLine($"  {"".PadRight(width)}  {string.Join("  ", keys)}");
        foreach (var (contender, figures, _) in contenders)
        {
            var cells = keys.Select(k => (figures[k]?.ToString() ?? "").PadLeft(k.Length));
            Console.WriteLine($"  {contender.Name.PadRight(width)}  {string.Join("  ", cells)}");
        }
        foreach (var (key, value) in ratios) { Console.WriteLine($"  ours: {key} {value}"); }
        Console.WriteLine($"  {machine.Line}");
    }

    private async Task Write(JsonObject json, Machine machine, Plot[] plots)
    {
        var root = Root();
        var results = Directory.CreateDirectory(Path.Combine(root, "artifacts", "bench")).FullName;
        await File.WriteAllTextAsync(Path.Combine(results, $"{name}.json"), json.ToJsonString(Written) + "\n");
        var folder = Directory.CreateDirectory(Path.Combine(root, "docs", "plots")).FullName;
        foreach (var plot in plots) { await File.WriteAllTextAsync(Path.Combine(folder, $"{plot.File}.svg"), plot.Draw(machine.Line)); }
        Session.Say($"written: artifacts/bench/{name}.json{string.Concat(plots.Select(p => $", docs/plots/{p.File}.svg"))}");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Directory.Packages.props"))) { folder = folder.Parent; }
        return folder?.FullName ?? throw new InvalidOperationException($"--write-docs: no repository above {AppContext.BaseDirectory}");
    }
}
