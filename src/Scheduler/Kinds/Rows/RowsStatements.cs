using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Database;
using Scheduler.Kinds.Sql;
using Scheduler.Runs;

namespace Scheduler.Kinds.Rows;

/// <summary>Where one look for rows ended.</summary>
/// <param name="Rows">Places of rows that match, in order.</param>
/// <param name="After">Where the next look begins, as the checkpoint keeps it.</param>
/// <param name="Ended">True when nothing is left behind it in this part.</param>
internal sealed record Found(NpgsqlTid[] Rows, string[]? After, bool Ended);

/// <summary>
/// The statements of one <c>rows.delete</c>. Rows are looked for without a lock. A batch is deleted in one statement that is its own transaction:
/// nothing the node does or fails to do can hold its locks. Each statement checks the condition again.
/// </summary>
internal sealed class RowsStatements(RowsDeleteSettings settings, RowsTable table, RowsTable? archive, RunScope run, DateTime dueAt)
{
    /// <summary>Most rows one look returns.</summary>
    public const int FoundMax = 20_000;
    // Pages one look reads at least and at most: 8 MB and 512 MB.
    private const long PagesMin = 1024;
    private const long PagesMax = 65_536;

    private SqlStatement? parsed;
    private IReadOnlyList<RowsTable.Column>? keyColumns;
    private long pages = PagesMin;

    private SqlStatement Condition => parsed ??= RowsDeleteSettings.Condition(settings.Where)!;
    private IReadOnlyList<RowsTable.Column> Key => keyColumns ??= KeyOf(settings, table);

    /// <summary>How many rows match, and how many there are when <paramref name="all"/>; in one snapshot. Nobody waits for it.</summary>
    public async Task<(long Matching, long? Total)> Count(NpgsqlConnection connection, bool all, CancellationToken token)
    {
        var sql = all
            ? $"select count(*) filter (where {Where}), count(*) from {table.Name.Quoted} t"
            : $"select count(*), null::bigint from {table.Name.Quoted} t where {Where}";
        await using var command = Command(connection, sql);
        await using var reader = await command.ExecuteReaderAsync(token);
        await reader.ReadAsync(token);
        return (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1));
    }

    /// <summary>How many rows still match, counted up to a limit.</summary>
    public async Task<long> Remaining(NpgsqlConnection connection, long limit, CancellationToken token)
    {
        await using var command = Command(connection,
            $"select count(*) from (select from {table.Name.Quoted} t where {Where} limit {Next(0)}) x",
            new NpgsqlParameter<long> { TypedValue = limit });
        return (long)(await command.ExecuteScalarAsync(token))!;
    }

    /// <summary>Look for rows of one part behind a place.</summary>
    public Task<Found> Find(NpgsqlConnection connection, RowsPart part, string[]? after, CancellationToken token) =>
        Key.Count > 0 ? FindByKey(connection, part, after, token) : FindByPage(connection, part, after, token);

    /// <summary>
    /// Delete rows at the places given that still match and that nobody else has locked, archive them, and write the run's progress and checkpoint:
    /// one statement, one transaction. Returns how many went. Throws <see cref="RunLostException"/>, nothing deleted, when the run is another's.
    /// </summary>
    /// <param name="connection">The run's session.</param>
    /// <param name="part">Where the places are.</param>
    /// <param name="places">Places of rows.</param>
    /// <param name="progress">Progress as JSON, to which the rows are added.</param>
    /// <param name="checkpoint">The checkpoint with what was deleted before this batch.</param>
    /// <param name="take">Null, or called with each deleted row as JSON before the transaction can commit.</param>
    /// <param name="token">Ends the statement.</param>
    public async Task<long> Delete(NpgsqlConnection connection, RowsPart part, ReadOnlyMemory<NpgsqlTid> places, string progress,
        RowsCheckpoint checkpoint, Action<string>? take, CancellationToken token)
    {
        await using var batch = new NpgsqlBatch(connection);
        // For this transaction alone. Sent in one go: between them and the end of the transaction nothing waits for this node. Without the last one
        // a small table would be read whole and each row compared with every place.
        var limits = new NpgsqlBatchCommand("select set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),"
            + " set_config('enable_seqscan', 'off', true)");
        limits.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Milliseconds(RowsPace.BatchMax) });
        limits.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Milliseconds(RowsPace.LockMax) });
        batch.BatchCommands.Add(limits);
        var delete = new NpgsqlBatchCommand(DeleteSql(part, take is not null));
        AddValues(delete.Parameters);
        // As text: the driver has no arrays of places.
        delete.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. places.ToArray().Select(p => $"({Text(p)})")] });
        run.AddFence(delete.Parameters);
        delete.Parameters.Add(new NpgsqlParameter<string> { TypedValue = progress });
        delete.Parameters.Add(new NpgsqlParameter<string> { TypedValue = checkpoint.ToJson() });
        delete.Parameters.Add(new NpgsqlParameter<long> { TypedValue = checkpoint.Deleted });
        batch.BatchCommands.Add(delete);
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(token);
            await reader.NextResultAsync(token);
            await reader.ReadAsync(token);
            var deleted = reader.GetInt64(0);
            while (await reader.ReadAsync(token)) { take!(reader.GetString(2)); }
            // To the very end: only there a commit says that it failed.
            while (await reader.NextResultAsync(token)) { }
            return deleted;
        }
        // The fence's own refusal, unless the condition divides by zero.
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DivisionByZero)
        {
            await run.ThrowIfLost();
            throw;
        }
    }

    private string Where => $"({Condition.Text}\n)";

    // The number of the parameter behind those of the condition.
    private string Next(int offset) => $"${Condition.Parameters.Count + 1 + offset}";

    private string DeleteSql(RowsPart part, bool returnRows)
    {
        var columns = string.Join(", ", table.Columns.Where(c => !c.Generated).Select(c => c.Quoted));
        var returning = archive is not null ? "t.*" : returnRows ? "to_jsonb(t)::text as line" : "1";
        var kept = archive is null ? "" : $"kept as (insert into {archive.Name.Quoted} ({columns}) overriding system value"
            + $" select {columns} from gone),";
        var lines = returnRows ? "union all select null, null, g.line from gone g" : "";
        return $"""
            with doomed as materialized (
                select t.ctid from only {part.Name.Quoted} t where t.ctid = any ({Next(0)}::text[]::tid[]) and {Where} for update skip locked),
            gone as (
                delete from only {part.Name.Quoted} t where t.ctid = any (array(select d.ctid from doomed d)) returning {returning}),
            {kept}
            total as materialized (select count(*) as n from gone),
            fence as (
                update scheduler_private.run r
                set progress = {Next(5)}::jsonb || jsonb_build_object('rows', {Next(7)}::bigint + o.n),
                    checkpoint = {Next(6)}::jsonb || jsonb_build_object('deleted', {Next(7)}::bigint + o.n)
                from total o
                where r.due_at = {Next(2)} and r.run_key = {Next(1)} and r.token = {Next(3)} and r.owner = {Next(4)} and r.verdict is null
                returning 1)
            select o.n, 1 / (select count(*) from fence)::int, null from total o
            {lines}
            """;
    }

    private async Task<Found> FindByPage(NpgsqlConnection connection, RowsPart part, string[]? after, CancellationToken token)
    {
        var from = after is [var text] ? Tid(text) : new NpgsqlTid(0, 0);
        var end = (uint)Math.Min(from.BlockNumber + pages, uint.MaxValue);
        var sql = $"""
            select t.ctid, x.pages
            from (select pg_relation_size({Next(3)}::regclass) / current_setting('block_size')::bigint as pages) x left join lateral (
                select t.ctid from only {part.Name.Quoted} t
                where t.ctid > {Next(0)} and t.ctid < {Next(1)} and {Where} order by t.ctid limit {Next(2)}) t on true
            """;
        await using var command = Command(connection, sql, new NpgsqlParameter<NpgsqlTid> { NpgsqlDbType = NpgsqlDbType.Tid, TypedValue = from },
            new NpgsqlParameter<NpgsqlTid> { NpgsqlDbType = NpgsqlDbType.Tid, TypedValue = new(end, 0) },
            new NpgsqlParameter<int> { TypedValue = FoundMax },
            new NpgsqlParameter<string> { TypedValue = part.Name.Quoted });
        var rows = new List<NpgsqlTid>();
        var size = 0L;
        await using (var reader = await command.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token))
            {
                size = reader.GetInt64(1);
                if (!reader.IsDBNull(0)) { rows.Add(reader.GetFieldValue<NpgsqlTid>(0)); }
            }
        }
        if (rows.Count == FoundMax) { return new([.. rows], [Text(rows[^1])], false); }
        pages = rows.Count < FoundMax / 8 ? Math.Min(PagesMax, pages * 2) : Math.Max(PagesMin, pages / 2);
        return new([.. rows], [Text(new(end, 0))], end >= size);
    }

    private async Task<Found> FindByKey(NpgsqlConnection connection, RowsPart part, string[]? after, CancellationToken token)
    {
        var columns = string.Join(", ", Key.Select(c => "t." + c.Quoted));
        var behind = after is null ? "true" : $"row({columns}) > row({string.Join(", ", Key.Select((c, i) => $"{Next(1 + i)}::text::{c.Type}"))})";
        var sql = $"select t.ctid, {string.Join(", ", Key.Select(c => $"t.{c.Quoted}::text"))} from only {part.Name.Quoted} t "
            + $"where {behind} and {Where} order by {columns} limit {Next(0)}";
        await using var command = Command(connection, sql, new NpgsqlParameter<int> { TypedValue = FoundMax });
        foreach (var value in after ?? []) { command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value }); }
        var rows = new List<NpgsqlTid>();
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            rows.Add(reader.GetFieldValue<NpgsqlTid>(0));
            after = [.. Key.Select((_, i) => reader.GetString(1 + i))];
        }
        return new([.. rows], after, rows.Count < FoundMax);
    }

    private NpgsqlCommand Command(NpgsqlConnection connection, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        AddValues(command.Parameters);
        command.Parameters.AddRange(parameters);
        return command;
    }

    private void AddValues(NpgsqlParameterCollection parameters)
    {
        foreach (var name in Condition.Parameters) { parameters.Add(RunValues.Of(name, run, dueAt)); }
    }

    private static IReadOnlyList<RowsTable.Column> KeyOf(RowsDeleteSettings settings, RowsTable table)
    {
        var key = settings.Key.Select(name => table.ColumnOf(name, "key")).ToList();
        return key.Find(c => !c.NotNull) is { } nullable
            ? throw new OperatorException($"key: column '{nullable.Name}' of {table.Name} may be null; expected columns that are not")
            : key;
    }

    private static string Milliseconds(TimeSpan time) => ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    private static string Text(NpgsqlTid tid) => string.Create(CultureInfo.InvariantCulture, $"{tid.BlockNumber},{tid.OffsetNumber}");

    private static NpgsqlTid Tid(string text)
    {
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        var invariant = CultureInfo.InvariantCulture;
        return new(uint.Parse(text.AsSpan(0, comma), invariant), ushort.Parse(text.AsSpan(comma + 1), invariant));
    }
}
