using System.ComponentModel.DataAnnotations;
using Quartz;
using Scheduler.Jobs;

namespace Scheduler.Tests.Jobs;

/// <summary>Kinds that exist only for tests of files, settings and schema.</summary>
internal static class SampleKinds
{
    public static Kind Query { get; } = new("sql", typeof(IJob), typeof(QuerySettings), OnLost.Rerun, "Runs statements");
    public static Kind Process { get; } = new("command", typeof(IJob), typeof(ProcessSettings), OnLost.Fail, "Runs a program");
    public static Kind Cleanup { get; } = new("fleet.cleanup", typeof(IJob), typeof(CleanupSettings), OnLost.Rerun, "Deletes stale rows");
    public static KindRegistry All { get; } = new([Query, Process, Cleanup]);
}

internal enum TransactionMode
{
    One,
    Each,
    None,
}

internal sealed record QuerySettings
{
    public required string Statement { get; init; }
    public string? Database { get; init; }
    public TransactionMode Transaction { get; init; }
}

internal sealed record ProcessSettings : IValidatableObject
{
    [Required, MinLength(1)]
    public IReadOnlyList<string> Argv { get; init; } = null!;
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<int> ExitCodes { get; init; } = [0];
    public bool Shell { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Shell && Argv.Count > 1) { yield return new("'argv' has several entries; expected one when 'shell' is true"); }
    }
}

internal sealed record CleanupSettings
{
    [Range(typeof(TimeSpan), "00:00:10", "365.00:00:00")]
    public TimeSpan OfflineOlderThan { get; init; } = TimeSpan.FromDays(30);
    [Range(1, 100_000)]
    public int Batch { get; init; } = 1000;
    public BatchPause Pause { get; init; } = new();
}

internal sealed record BatchPause
{
    public TimeSpan Between { get; init; } = TimeSpan.FromSeconds(1);
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double? Share { get; init; }
}
