using System.Globalization;
using System.Text;

namespace Scheduler.TestKit.Checking;

/// <summary>What a piece of evidence is evidence of.</summary>
public enum Fault
{
    /// <summary>A due fire that did not happen: no row, a success without effect, or an excuse that the record does not bear out.</summary>
    Lost,
    /// <summary>More effects, or more rows, than one.</summary>
    Duplicate,
    /// <summary>A row or an effect that nothing declared called for.</summary>
    Unexpected,
    /// <summary>Ledger and effects disagree.</summary>
    WrongRecord,
    /// <summary>Begun, or done, before it was due.</summary>
    Early,
    /// <summary>Still queued or running long after it was due.</summary>
    Stuck,
}

/// <summary>What the <see cref="Checker"/> found. Counts first, then a line for each finding.</summary>
public sealed record CheckReport
{
    /// <summary>Due instants that must have a verdict.</summary>
    public required int Targets { get; init; }
    /// <summary>Those of them that succeeded with exactly one effect.</summary>
    public required int Done { get; init; }
    /// <summary>Rows by verdict and reason, e.g. <c>skipped(overlap)</c>.</summary>
    public required IReadOnlyDictionary<string, int> Verdicts { get; init; }
    /// <summary>Number of findings of each sort; sorts without any are left out.</summary>
    public required IReadOnlyDictionary<Fault, int> Findings { get; init; }
    /// <summary>Effects in all.</summary>
    public required int Effects { get; init; }
    /// <summary>Attempts whose node was lost.</summary>
    public required int Takeovers { get; init; }
    /// <summary>From due to effect: half of the effects were no later.</summary>
    public required TimeSpan LagP50 { get; init; }
    /// <summary>From due to effect: 99 of 100 effects were no later.</summary>
    public required TimeSpan LagP99 { get; init; }
    /// <summary>From due to the latest effect.</summary>
    public required TimeSpan LagMax { get; init; }
    /// <summary>As <see cref="LagP99"/>, of the fires due more than 20 s away from every fault.</summary>
    public required TimeSpan LagP99Calm { get; init; }
    /// <summary>A line for each finding, worst first, with what proves it.</summary>
    public required IReadOnlyList<string> Evidence { get; init; }

    /// <summary>True when there is nothing to report.</summary>
    public bool Ok => Findings.Count == 0;

    /// <summary>How many findings of a sort there are.</summary>
    public int Of(Fault fault) => Findings.GetValueOrDefault(fault);

    /// <inheritdoc />
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{(Ok ? "OK" : "NOT OK")}: targets {Targets}, done {Done}, lost {Of(Fault.Lost)}, ");
        text.Append(CultureInfo.InvariantCulture, $"duplicate {Of(Fault.Duplicate)}, unexpected {Of(Fault.Unexpected)}, ");
        text.Append(CultureInfo.InvariantCulture, $"wrong record {Of(Fault.WrongRecord)}, early {Of(Fault.Early)}, stuck {Of(Fault.Stuck)}; ");
        text.Append(CultureInfo.InvariantCulture,
            $"effects {Effects}, takeovers {Takeovers}, lag p50 {LagP50.TotalSeconds:0.00} s, p99 {LagP99.TotalSeconds:0.00} s, ");
        text.AppendLine(CultureInfo.InvariantCulture, $"max {LagMax.TotalSeconds:0.00} s, p99 away from faults {LagP99Calm.TotalSeconds:0.00} s");
        text.AppendLine(string.Join(", ", Verdicts.OrderByDescending(v => v.Value).Select(v => $"{v.Key} {v.Value}")));
        foreach (var line in Evidence) { text.AppendLine(line); }
        return text.ToString();
    }
}
