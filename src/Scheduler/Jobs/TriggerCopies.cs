using Npgsql;
using NpgsqlTypes;
using Quartz;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>
/// Stores many new jobs at once: one of each type of trigger through <see cref="IScheduler"/>, the others as copies of those rows, so that every
/// column is as Quartz itself writes it. Only what a copy can say is copied; all else goes to Quartz. See docs/decisions/0012.
/// </summary>
internal static class TriggerCopies
{
    /// <summary>Fewer new jobs than this are stored one by one: the copy itself is a statement more.</summary>
    public const int Min = 10;

    private static readonly string CopySql = SqlFiles.Read("queries/quartz_copy.sql");

    /// <summary>True when all a job's triggers can be copies: crons and intervals without end or calendar.</summary>
    public static bool Can(QuartzPlan plan) => plan.IsNew && plan.Changed.Count > 0 && plan.Changed.TrueForAll(t => TypeOf(t) is not null);

    /// <summary>One of the jobs for each type of trigger: Quartz stores these, and the others are copies of them.</summary>
    public static IReadOnlyList<QuartzPlan> Models(IReadOnlyList<QuartzPlan> plans) =>
        [.. plans.SelectMany(p => p.Changed.Select(t => (Plan: p, Type: TypeOf(t)!))).DistinctBy(m => m.Type).Select(m => m.Plan).Distinct()];

    /// <summary>Store the jobs as copies of models that Quartz has stored. Returns false, nothing stored, when they cannot be copied just
    /// now.</summary>
    public static async Task<bool> Store(
        NpgsqlDataSource source, IReadOnlyList<QuartzPlan> models, IReadOnlyList<QuartzPlan> plans, CancellationToken token)
    {
        var modelOf = models.SelectMany(m => m.Changed).GroupBy(t => TypeOf(t)!).ToDictionary(g => g.Key, g => g.First().Key.Name);
        var triggers = plans.SelectMany(p => p.Changed).ToList();
        await using var connection = await source.OpenConnectionAsync(token);
        await using var transaction = await connection.BeginTransactionAsync(token);
        await using var command = new NpgsqlCommand(CopySql, connection);
        NpgsqlParameter[] parameters =
        [
            new NpgsqlParameter<string> { TypedValue = models[0].Key.Name }, Array(NpgsqlDbType.Text, plans.Select(p => p.Key.Name)),
            Array(NpgsqlDbType.Text, triggers.Select(t => t.Key.Name)), Array(NpgsqlDbType.Text, triggers.Select(t => t.JobKey.Name)),
            Array(NpgsqlDbType.Text, triggers.Select(t => modelOf[TypeOf(t)!])), Array(NpgsqlDbType.Text, triggers.Select(t => t.Description)),
            Array(NpgsqlDbType.Bigint, triggers.Select(t => t.StartTimeUtc.UtcTicks)),
            Array(NpgsqlDbType.Bigint, triggers.Select(t => t.PreviousFireTimeUtc?.UtcTicks)),
            Array(NpgsqlDbType.Text, triggers.Select(t => (t as ICronTrigger)?.CronExpressionString)),
            Array(NpgsqlDbType.Text, triggers.Select(t => (t as ICronTrigger)?.TimeZone.Id)),
            Array(NpgsqlDbType.Bigint, triggers.Select(t => (long?)(t as ISimpleTrigger)?.RepeatInterval.TotalMilliseconds)),
        ];
        command.Parameters.AddRange(parameters);
        // Fewer: a model was in somebody's hand at this moment, or another node stored some of them meanwhile.
        if ((int)(await command.ExecuteScalarAsync(token))! != triggers.Count) { return false; }
        await transaction.CommitAsync(token);
        return true;
    }

    private static string? TypeOf(ITrigger trigger) => trigger switch
    {
        { EndTimeUtc: not null } or { CalendarName: not null } => null,
        ICronTrigger { TimeZone: not null } => "CRON",
        ISimpleTrigger { RepeatCount: < 0 } => "SIMPLE",
        _ => null,
    };

    private static NpgsqlParameter Array<T>(NpgsqlDbType element, IEnumerable<T> values) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | element, Value = values.ToArray() };
}
