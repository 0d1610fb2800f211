using System.Globalization;

namespace Scheduler.Kinds.Postgres;

/// <summary>How much time one partition holds.</summary>
public enum PartitionPeriod
{
    /// <summary>A day, UTC.</summary>
    Day,
    /// <summary>A week from Monday, UTC.</summary>
    Week,
    /// <summary>A calendar month, UTC.</summary>
    Month,
    /// <summary>A calendar year, UTC.</summary>
    Year,
}

/// <summary>Counts periods.</summary>
internal static class PartitionPeriods
{
    /// <summary>The first instant of the period an instant lies in.</summary>
    public static DateTime Start(this PartitionPeriod period, DateTime at) => period switch
    {
        PartitionPeriod.Day => at.Date,
        PartitionPeriod.Week => at.Date.AddDays(-(((int)at.DayOfWeek + 6) % 7)),
        PartitionPeriod.Month => new DateTime(at.Year, at.Month, 1, 0, 0, 0, DateTimeKind.Utc),
        PartitionPeriod.Year => new DateTime(at.Year, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        _ => throw new InvalidOperationException($"period {period} has no start"),
    };

    /// <summary>The first instant of the next period.</summary>
    public static DateTime Next(this PartitionPeriod period, DateTime start) => period switch
    {
        PartitionPeriod.Day => start.AddDays(1),
        PartitionPeriod.Week => start.AddDays(7),
        PartitionPeriod.Month => start.AddMonths(1),
        PartitionPeriod.Year => start.AddYears(1),
        _ => throw new InvalidOperationException($"period {period} has no end"),
    };

    /// <summary>What a partition's name ends with, e.g. <c>_p20261121</c>, <c>_p202611</c>, <c>_p2026</c>.</summary>
    public static string Suffix(this PartitionPeriod period, DateTime start) => start.ToString(period switch
    {
        PartitionPeriod.Month => "'_p'yyyyMM",
        PartitionPeriod.Year => "'_p'yyyy",
        _ => "'_p'yyyyMMdd",
    }, CultureInfo.InvariantCulture);
}
