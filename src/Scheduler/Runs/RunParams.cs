using System.Text.Json;
using Scheduler.Database;

namespace Scheduler.Runs;

/// <summary>One of a run's params.</summary>
/// <param name="Value">What it is in this run.</param>
/// <param name="IsWhole">True for a number that is whole in the job's declaration too.</param>
public sealed record RunParam(JsonElement Value, bool IsWhole)
{
    /// <summary>As text: a text as it is, anything else as JSON; empty for null.</summary>
    public string Text => Value.ValueKind switch
    {
        JsonValueKind.String => Value.GetString()!,
        JsonValueKind.Null => "",
        _ => Value.GetRawText(),
    };
}

/// <summary>The params of a run: the job's own, with those of the request over them. Names and types were judged by the request
/// (<c>scheduler.run_now</c>).</summary>
public sealed class RunParams
{
    private readonly string job;
    private readonly Dictionary<string, RunParam> values = new(StringComparer.Ordinal);

    internal RunParams(string job, string declared, string? given)
    {
        this.job = job;
        using var own = JsonDocument.Parse(declared);
        foreach (var param in own.RootElement.EnumerateObject()) { values[param.Name] = new(param.Value.Clone(), IsWhole(param.Value)); }
        if (given is null) { return; }
        using var over = JsonDocument.Parse(given);
        foreach (var param in over.RootElement.EnumerateObject())
        {
            // Of a param declared as null nothing is known but what this run says.
            var declaredWhole = !values.TryGetValue(param.Name, out var known) || known.Value.ValueKind == JsonValueKind.Null || known.IsWhole;
            values[param.Name] = new(param.Value.Clone(), declaredWhole && IsWhole(param.Value));
        }
    }

    /// <summary>Their names.</summary>
    public IReadOnlyCollection<string> Names => values.Keys;

    /// <summary>One of them. Throws <see cref="OperatorException"/> when the job has none of that name.</summary>
    public RunParam this[string name] => values.TryGetValue(name, out var param) ? param
        : throw new OperatorException($"job '{job}' has no param '{name}'{Spelling.Hint(name, values.Keys)}");

    private static bool IsWhole(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _);
}

/// <summary>What went before a run.</summary>
/// <param name="PrevDueAt">When the run before this one was due, UTC: the latest that was carried out and has its verdict. Null when there is
/// none.</param>
/// <param name="PrevSucceededAt">When a run of the job last succeeded, UTC. Null when none ever has.</param>
/// <param name="Parent">The run this one follows (schedule <c>after JOB</c>), null when it follows none.</param>
public sealed record RunPast(DateTime? PrevDueAt, DateTime? PrevSucceededAt, ParentRun? Parent);

/// <summary>The run another one follows.</summary>
/// <param name="RunKey">Its key.</param>
/// <param name="Verdict">How it ended.</param>
/// <param name="Result">What it returned, JSON; null when nothing.</param>
public sealed record ParentRun(string RunKey, string? Verdict, string? Result)
{
    /// <summary>One key of its result: a text as it is, anything else as JSON; null when there is none.</summary>
    public string? ResultOf(string key)
    {
        if (Result is null) { return null; }
        using var document = JsonDocument.Parse(Result);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(key, out var value)
            && value.ValueKind != JsonValueKind.Null
            ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText() : null;
    }
}
