using System.Collections.Immutable;

namespace Scheduler.Schedules;

/// <summary>How often a rule repeats, from the longest to the shortest.</summary>
internal enum RuleFrequency { Yearly, Monthly, Weekly, Daily, Hourly, Minutely, Secondly }

/// <summary>A recurrence rule of RFC 5545 as it was read, a pure value; see <see cref="RecurrenceGrammar"/> for what it may say and
/// <see cref="Recurrence"/> for when it is due.</summary>
internal sealed record RecurrenceRule
{
    /// <summary>The rule in capitals, without <c>RRULE:</c>.</summary>
    public required string Text { get; init; }
    /// <summary>What INTERVAL counts.</summary>
    public RuleFrequency Frequency { get; init; }
    /// <summary>Only each so many of these. Default 1.</summary>
    public int Interval { get; init; } = 1;
    /// <summary>The rule ends after so many times; null: it does not count.</summary>
    public int? Count { get; init; }
    /// <summary>The last time it may be due: UTC by its kind, else local. Null: for ever.</summary>
    public DateTime? Until { get; init; }
    /// <summary>First day of the week. Default Monday.</summary>
    public DayOfWeek WeekStart { get; init; } = DayOfWeek.Monday;
    /// <summary>BYDAY: weekdays with their number, 0 for each of them.</summary>
    public ImmutableArray<(int Number, DayOfWeek Day)> Weekdays { get; init; } = [];
    /// <summary>The other BY parts by name, ascending.</summary>
    public ImmutableDictionary<string, ImmutableArray<int>> Numbers { get; init; } = ImmutableDictionary<string, ImmutableArray<int>>.Empty;

    /// <summary>The numbers of a BY part; empty when it is not given.</summary>
    public ImmutableArray<int> By(string name) => Numbers.GetValueOrDefault(name, []);
}
