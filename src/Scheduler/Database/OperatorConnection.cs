using System.Data;
using System.Data.Common;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace Scheduler.Database;

/// <summary>
/// The connection of one operator's command: opened, used, closed; a failure becomes an <see cref="OperatorException"/> with one clear line.
/// Rows are read into records by the columns' names, <c>next_fire_at</c> into <c>NextFireAt</c>, jsonb into <see cref="JsonElement"/>.
/// </summary>
public static class OperatorConnection
{
    // A person waits for the answer: a server that does not answer in 5 s counts as unreachable, a statement in 60 s as stuck.
    private const int ConnectSeconds = 5;
    private const int CommandSeconds = 60;
    // The server gives up before the client does, so that nothing of a command that was given up goes on. A lock an operator waits for is held for
    // milliseconds; a command frozen in a transaction holds a job's gate.
    private static readonly SessionLimits Limits = SessionLimits.OfSeconds(CommandSeconds, @lock: 10, idleInTransaction: 10);

    static OperatorConnection()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new JsonColumn());
    }

    /// <summary>Run statements on one connection. Throws <see cref="OperatorException"/> for whatever the server or the way to it refuses.</summary>
    internal static async Task<T> Use<T>(string connectionString, Func<NpgsqlConnection, Task<T>> work, CancellationToken token)
    {
        var settings = Databases.Parse(connectionString, "the connection string");
        settings.ApplicationName = "scheduler cli";
        settings.Timeout = ConnectSeconds;
        settings.CommandTimeout = CommandSeconds + 2;
        settings.MaxPoolSize = 2;
        // The audit says by which door a change came.
        settings.Options = $"{settings.Options} -c scheduler.source=cli".Trim();
        Limits.Apply(settings);
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(token);
        }
        catch (NpgsqlException e)
        {
            var detail = e is PostgresException p ? $"{p.SqlState} {p.MessageText}" : e.InnerException?.Message ?? e.Message;
            throw new OperatorException(
                $"cannot connect to PostgreSQL at {settings.Host}:{settings.Port}, database '{settings.Database}', "
                + $"user '{settings.Username}': {detail}",
                e switch
                {
                    PostgresException { SqlState: "57P03" or "53300" } => 8,
                    PostgresException { SqlState: "28000" or "28P01" or "42501" } => 4,
                    PostgresException => 1,
                    _ => 8,
                }, e);
        }
        try { return await work(connection); }
        catch (NpgsqlException e) { throw Explain(e); }
    }

    /// <summary>Say in one line what a database's error means to an operator.</summary>
    public static OperatorException Explain(DbException error)
    {
        if (error is not PostgresException p)
        {
            return new($"no connection to PostgreSQL: {error.InnerException?.Message ?? error.Message}", 8, error);
        }
        var hint = p.Hint is null ? "" : $"; {p.Hint}";
        return p.SqlState switch
        {
            "P0002" => new($"{p.MessageText}{hint}", 3, error),
            "42P01" or "3F000" or "42883" or "42703" => new(
                $"the database's schema does not fit this binary: {p.MessageText}; run 'scheduler db check', then 'scheduler db migrate'", 5, error),
            "42501" => new($"{p.MessageText}; grant scheduler_viewer to read, scheduler_operator to change", 4, error),
            "57P01" or "57P02" or "57P03" or "25P03" or "53300" => new($"PostgreSQL ended the session: {p.MessageText}", 8, error),
            _ => new($"{p.SqlState} {p.MessageText}{hint}", 1, error),
        };
    }

    private sealed class JsonColumn : SqlMapper.TypeHandler<JsonElement>
    {
        public override JsonElement Parse(object value)
        {
            using var document = JsonDocument.Parse((string)value);
            return document.RootElement.Clone();
        }

        public override void SetValue(IDbDataParameter parameter, JsonElement value) => parameter.Value = value.GetRawText();
    }
}
