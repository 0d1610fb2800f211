using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;
using Quartz;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>The calendars in the database, and in Quartz.</summary>
public static class CalendarStore
{
    private static readonly string AllSql = SqlFiles.Read("queries/calendar_all.sql");
    private static readonly string MarkSql = SqlFiles.Read("queries/calendar_mark.sql");
    private static readonly string PutSql = SqlFiles.Read("queries/calendar_put.sql");
    private static readonly string PruneSql = SqlFiles.Read("queries/calendar_prune.sql");
    private static readonly string TakenSql = SqlFiles.Read("queries/calendar_taken.sql");

    /// <summary>Every calendar, in the order of their names.</summary>
    public static async Task<IReadOnlyList<CalendarDefinition>> All(NpgsqlDataSource source, CancellationToken token) =>
        [.. (await Rows(source, token)).Select(r => r.Definition)];

    /// <summary>Every calendar that can be read, by name; what cannot is noted in its row.</summary>
    public static async Task<IReadOnlyDictionary<string, NamedCalendar>> Readable(NpgsqlDataSource source, CancellationToken token)
    {
        var calendars = new Dictionary<string, NamedCalendar>(StringComparer.Ordinal);
        foreach (var (definition, noted) in await Rows(source, token))
        {
            string? problem = null;
            try { calendars.Add(definition.Name, NamedCalendar.Of(definition)); }
            catch (ScheduleException e) { problem = e.Message; }
            if (problem == noted) { continue; }
            await using var mark = source.CreateCommand(MarkSql);
            mark.Parameters.Add(new NpgsqlParameter<string> { TypedValue = definition.Name });
            mark.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)problem ?? DBNull.Value });
            await mark.ExecuteNonQueryAsync(token);
        }
        return calendars;
    }

    /// <summary>
    /// Bring the table to the calendars of the files: the file wins, a row that is equal is left alone. Call <see cref="Prune"/> when the jobs are in
    /// place. Throws <see cref="OperatorException"/> (exit code 5) when a file declares the name of a calendar made in SQL.
    /// </summary>
    public static async Task<int> Apply(NpgsqlDataSource source, IReadOnlyList<CalendarDefinition> calendars, CancellationToken token)
    {
        if (calendars.Count == 0) { return 0; }
        await using (var ask = source.CreateCommand(TakenSql))
        {
            ask.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. calendars.Select(c => c.Name)] });
            if (await ask.ExecuteScalarAsync(token) is string taken)
            {
                throw new OperatorException($"{calendars.First(c => c.Name == taken).Source}: calendar '{taken}' exists already and was made in SQL; "
                    + $"expected another name, or first: delete from scheduler.calendar where name = '{taken}'", 5);
            }
        }
        await using var put = source.CreateCommand(PutSql);
        var rows = new JsonArray([.. calendars.Select(Row)]).ToJsonString();
        put.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = rows });
        return (int)(await put.ExecuteScalarAsync(token))!;
    }

    /// <summary>Remove calendars that came from files, are declared in none any more and are used by no job.</summary>
    public static async Task Prune(NpgsqlDataSource source, IReadOnlyList<CalendarDefinition> calendars, CancellationToken token)
    {
        await using var prune = source.CreateCommand(PruneSql);
        prune.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. calendars.Select(c => c.Name)] });
        await prune.ExecuteNonQueryAsync(token);
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
            await scheduler.AddCalendar(calendar.Name, calendar.Quartz, AddCalendarOptions.Replacing, token);
        }
    }

    /// <summary>Take out of Quartz what is no calendar any more. One that a trigger still has stays until that is gone.</summary>
    internal static async Task Remove(IScheduler scheduler, ICollection<string> known, CancellationToken token)
    {
        var stored = await scheduler.QueryCalendarNames(new CalendarQuery { Take = PagedQuery.All }, token);
        foreach (var gone in stored.Items.Where(n => !known.Contains(n)))
        {
            try { await scheduler.DeleteCalendar(gone, token); }
            // Still used: the next turn.
            catch (SchedulerException e) when (e is not JobPersistenceException { InnerException: NpgsqlException }) { }
        }
    }

    private static async Task<List<(CalendarDefinition Definition, string? Problem)>> Rows(NpgsqlDataSource source, CancellationToken token)
    {
        var rows = new List<(CalendarDefinition, string?)>();
        await using var command = source.CreateCommand(AllSql);
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
            }, reader.IsDBNull(8) ? null : reader.GetString(8)));
        }
        return rows;
    }

    private static JsonObject Row(CalendarDefinition calendar) => new()
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
