using Npgsql;
using NpgsqlTypes;

namespace Scheduler.Fleet;

/// <summary>Runs a statement of <c>sql/queries</c> with positional parameters, in whatever transaction its connection is in.</summary>
internal static class FleetStatement
{
    internal static async Task<int> Count(
        NpgsqlConnection connection, string sql, CancellationToken token, params (NpgsqlDbType Type, object? Value)[] parameters)
    {
        await using var command = Of(connection, sql, parameters);
        return (int)(await command.ExecuteScalarAsync(token))!;
    }

    internal static NpgsqlCommand Of(NpgsqlConnection connection, string sql, params (NpgsqlDbType Type, object? Value)[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var (type, value) in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
        }
        return command;
    }
}
