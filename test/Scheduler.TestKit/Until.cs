using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Scheduler.TestKit;

/// <summary>Waits for events, never for time: the condition is asked again and again until it holds. The only place of the tests that
/// delays.</summary>
public static class Until
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WithinDefault = TimeSpan.FromSeconds(20);

    private static readonly (string Title, string Sql)[] DumpQueries =
    [
        ("scheduler.run, last 50 by creation",
            "select run_key, state, node, token, attempts, created_at, started_at, ended_at, verdict, reason, error"
            + " from scheduler.run order by created_at desc limit 50"),
        ("scheduler.node", "select name, state, reason, running, clock_offset_ms, started_at, renewed_at, lease_until, lease_id from scheduler.node"),
        ("scheduler.job_status", "select name, schedule, state, last_verdict, last_due_at, next_fire_at, problem from scheduler.job_status limit 60"),
        ("quartz.qrtz_triggers",
            "select trigger_name, trigger_state, timestamp 'epoch' + (next_fire_time - 621355968000000000) / 10 * interval '1 microsecond'"
                + " as next_fire"
            + " from quartz.qrtz_triggers order by next_fire_time limit 60"),
        ("quartz.qrtz_fired_triggers",
            "select trigger_name, instance_name, state, timestamp 'epoch' + (fired_time - 621355968000000000) / 10 * interval '1 microsecond'"
                + " as fired"
            + " from quartz.qrtz_fired_triggers order by fired_time limit 60"),
    ];

    /// <summary>Wait until a condition holds. Throws <see cref="TimeoutException"/> with a dump of the ledger, nodes, triggers and node logs
    /// otherwise.</summary>
    /// <param name="database">Whose tables are dumped.</param>
    /// <param name="what">What is waited for, for the message.</param>
    /// <param name="condition">Asked every 100 ms. A lost connection counts as "not yet": servers are restarted on purpose here.</param>
    /// <param name="within">Longest wait; default 20 s.</param>
    public static async Task Holds(TestDatabase database, string what, Func<Task<bool>> condition, TimeSpan? within = null)
    {
        if (await Poll(condition, within ?? WithinDefault) is { } last)
        {
            throw new TimeoutException($"waited {(within ?? WithinDefault).TotalSeconds:0.#} s in vain until {what}{last}\n{await Dump(database)}");
        }
    }

    /// <summary>Wait until a condition holds, without a database to dump. Throws <see cref="TimeoutException"/> otherwise.</summary>
    public static async Task Holds(string what, Func<Task<bool>> condition, TimeSpan? within = null)
    {
        if (await Poll(condition, within ?? WithinDefault) is { } last)
        {
            throw new TimeoutException($"waited {(within ?? WithinDefault).TotalSeconds:0.#} s in vain until {what}{last}");
        }
    }

    /// <summary>Let a stretch of time pass because the stretch itself is what is tested: a fault that lasts, a load that goes on.</summary>
    public static Task Pause(TimeSpan duration, CancellationToken token = default) => Task.Delay(duration, TimeProvider.System, token);

    /// <summary>The tables a reader wants to see when a cluster did not do what was waited for.</summary>
    public static async Task<string> Dump(TestDatabase database)
    {
        var text = new StringBuilder();
        foreach (var (title, sql) in DumpQueries)
        {
            text.Append("--- ").AppendLine(title);
            try { await Table(database, sql, text); }
            catch (NpgsqlException e) { text.AppendLine(e.Message); }
        }
        foreach (var part in database.DumpParts.ToArray()) { text.AppendLine(part()); }
        return text.ToString();
    }

    // Null: it held. Otherwise the last failure of the condition itself, or an empty text.
    private static async Task<string?> Poll(Func<Task<bool>> condition, TimeSpan within)
    {
        using var waiting = TimeSpent.On(Spending.Waiting);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var last = "";
            try
            {
                if (await condition()) { return null; }
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or HttpRequestException) { last = $" (last error: {e.Message})"; }
            if (Stopwatch.GetElapsedTime(started) > within) { return last; }
            await Pause(Interval);
        }
    }

    private static async Task Table(TestDatabase database, string sql, StringBuilder text)
    {
        await using var command = database.Source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        text.AppendLine(string.Join(" | ", Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)));
        while (await reader.ReadAsync())
        {
            text.AppendLine(string.Join(" | ", Enumerable.Range(0, reader.FieldCount).Select(i => Cell(reader.GetValue(i)))));
        }
    }

    private static string Cell(object value) => value switch
    {
        DBNull => "",
        DateTime time => time.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture),
        string text when text.Length > 160 => text[..160].ReplaceLineEndings(" ") + "…",
        string text => text.ReplaceLineEndings(" "),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}

/// <summary>The wait as a method of the database it is about.</summary>
public static class UntilOfDatabase
{
    /// <summary>Wait until a condition holds; see <see cref="Until.Holds(TestDatabase, string, Func{Task{bool}}, TimeSpan?)"/>.</summary>
    public static Task Until(this TestDatabase database, string what, Func<Task<bool>> condition, TimeSpan? within = null) =>
        TestKit.Until.Holds(database, what, condition, within);
}
