using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;
using Quartz;
using Scheduler.Database;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>The calendars in the database, and in Quartz.</summary>
public static class CalendarStore
{
    private static readonly string AllSql = SqlFiles.Read("queries/calendar_all.sql");
    private static readonly string MarkSql = SqlFiles.Read("queries/calendar_mark.sql");

    /// <summary>Every calendar, in the order of their names.</summary>
    public static async Task<IReadOnlyList<CalendarDefinition>> All(NpgsqlDataSource source, CancellationToken token) =>
        [.. (await Rows(source, token)).Select(r => r.Definition)];

    /// <summary>Every calendar that can be read, by name; what cannot is noted in its row.</summary>
    public static async Task<IReadOnlyDictionary<string, NamedCalendar>> Readable(NpgsqlDataSource source, CancellationToken token)
    {
        var calendars = new Dictionary<string, NamedCalendar>(StringComparer.Ordinal);
        foreach (var (definition, noted, _) in await Rows(source, token))
        {
            string? problem = null;
            // Whatever is wrong with it is its own problem, and that of the jobs that name it.
            try { calendars.Add(definition.Name, definition.Read()); }
            catch (Exception e) { problem = e.Message; }
            if (problem == noted) { continue; }
            await using var mark = source.CreateCommand(MarkSql);
            mark.Parameters.Add(new NpgsqlParameter<string> { TypedValue = definition.Name });
            mark.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)problem ?? DBNull.Value });
            await mark.ExecuteNonQueryAsync(token);
        }
        return calendars;
    }

    /// <summary>Every calendar with its version, as the connection's transaction sees them.</summary>
    internal static async Task<IReadOnlyList<(CalendarDefinition Calendar, int Version)>> All(NpgsqlConnection connection, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(AllSql, connection);
        return [.. (await Rows(command, token)).Select(r => (r.Definition, r.Version))];
    }

    /// <summary>
    /// Store in Quartz what is missing or changed there. Triggers are not recomputed by Quartz: their hash contains the calendar's, so they are
    /// replaced, and what they owe until then is not lost.
    /// </summary>
    internal static async Task Store(IScheduler scheduler, IEnumerable<NamedCalendar> calendars, CancellationToken token)
    {
        foreach (var calendar in calendars)
        {
            if ((await scheduler.GetCalendar(calendar.Name, token))?.Description == calendar.Hash) { continue; }
            await scheduler.AddCalendar(calendar.Name, BlackoutCalendar.Of(calendar), AddCalendarOptions.Replacing, token);
        }
    }

    /// <summary>Take out of Quartz what is no calendar any more. One that a trigger still has stays until that is gone.</summary>
    internal static async Task Remove(IScheduler scheduler, ICollection<string> known, CancellationToken token)
    {
        var stored = await scheduler.QueryCalendarNames(new CalendarQuery { Take = PagedQuery.All }, token);
        foreach (var gone in stored.Items.Where(n => !known.Contains(n)))
        {
            // One that somebody else keeps there is not ours to remove.
            if (await scheduler.GetCalendar(gone, token) is not BlackoutCalendar) { continue; }
            try { await scheduler.DeleteCalendar(gone, token); }
            // Still used: the next turn.
            catch (SchedulerException e) when (e is not JobPersistenceException { InnerException: NpgsqlException }) { }
        }
    }

    private static async Task<List<(CalendarDefinition Definition, string? Problem, int Version)>> Rows(
        NpgsqlDataSource source, CancellationToken token)
    {
        await using var command = source.CreateCommand(AllSql);
        return await Rows(command, token);
    }

    private static async Task<List<(CalendarDefinition Definition, string? Problem, int Version)>> Rows(
        NpgsqlCommand command, CancellationToken token)
    {
        var rows = new List<(CalendarDefinition, string?, int)>();
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            rows.Add((new CalendarDefinition
            {
                Name = reader.GetString(0),
                Description = reader.GetString(1),
                TimeZone = reader.GetString(2),
                Holidays = reader.GetFieldValue<DateOnly[]>(3),
                Weekdays = reader.GetFieldValue<string[]>(4),
                Blackouts = reader.GetString(5),
                Source = reader.GetString(6),
                UpdatedAt = reader.GetDateTime(7),
            }, reader.IsDBNull(8) ? null : reader.GetString(8), reader.GetInt32(9)));
        }
        return rows;
    }

    /// <summary>A calendar as a row for calendar_put.sql, without its version.</summary>
    internal static JsonObject Row(CalendarDefinition calendar) => new()
    {
        ["name"] = calendar.Name,
        ["description"] = calendar.Description,
        ["time_zone"] = calendar.TimeZone,
        ["holidays"] = JsonSerializer.SerializeToNode(calendar.Holidays),
        ["weekdays"] = JsonSerializer.SerializeToNode(calendar.Weekdays.Select(w => w.ToLowerInvariant())),
        ["blackouts"] = JsonNode.Parse(calendar.Blackouts),
        ["source"] = calendar.Source,
    };
}
