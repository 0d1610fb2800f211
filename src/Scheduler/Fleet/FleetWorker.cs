using Npgsql;
using NpgsqlTypes;
using Scheduler.Database;

namespace Scheduler.Fleet;

/// <summary>A chunk a worker has claimed.</summary>
/// <param name="Id">The chunk.</param>
/// <param name="JobId">The job it is a piece of.</param>
/// <param name="Attempts">Times it was claimed, this one included.</param>
/// <param name="Payload">What to do, as JSON.</param>
public sealed record FleetChunk(Guid Id, Guid JobId, int Attempts, string Payload);

/// <summary>Thrown when the fleet refuses a node: it is not known, or it is not online. The message says what to do.</summary>
public sealed class FleetNodeRefusedException(string message, Exception inner) : Exception(message, inner);

/// <summary>
/// What a worker of the fleet says to the database, one SQL function a method. One object serves any number of workers over a few
/// connections. Failures come as they are; <see cref="Transient.IsTransient"/> says which are worth another try.
/// </summary>
public sealed class FleetWorker : IAsyncDisposable
{
    // A worker's call takes milliseconds; a server that needs longer than this is better asked again.
    private const int StatementSecondsMax = 30;
    // A worker that freezes in the middle of a call holds chunks others skip, and a node row its next call wants.
    private static readonly SessionLimits Limits = SessionLimits.OfSeconds(StatementSecondsMax, @lock: 10, idleInTransaction: 5);

    private readonly NpgsqlDataSource source;

    /// <summary>Opens no connection yet. Throws <see cref="OperatorException"/> for a connection string that cannot be read.</summary>
    /// <param name="connectionString">The database with the schema <c>fleet</c>.</param>
    /// <param name="connectionsMax">Most connections at a time; further calls wait for one.</param>
    public FleetWorker(string connectionString, int connectionsMax)
    {
        var settings = Databases.Parse(connectionString, "the connection string");
        settings.ApplicationName = "scheduler fleet worker";
        settings.MaxPoolSize = connectionsMax;
        settings.CommandTimeout = StatementSecondsMax + 2;
        Limits.Apply(settings);
        settings.MaxAutoPrepare = 20;
        // Nothing of a session is ever changed here; without this every call would be two.
        settings.NoResetOnClose = true;
        source = NpgsqlDataSource.Create(settings);
        Seed = new FleetSeed(source);
    }

    /// <summary>Makes work and a past for a simulated fleet.</summary>
    public FleetSeed Seed { get; }

    /// <summary>Add a worker, pending. Returns its id.</summary>
    public Task<Guid> Register(string name, Guid? userId, CancellationToken token) =>
        Ask<Guid>("select fleet.register($1, $2)", token, (NpgsqlDbType.Text, name), (NpgsqlDbType.Uuid, userId));

    /// <summary>A worker is alive; it is online from now on. Returns when it was noted.
    /// Throws <see cref="FleetNodeRefusedException"/> for an unknown node.</summary>
    public Task<DateTime> Heartbeat(Guid node, CancellationToken token) =>
        Ask<DateTime>("select fleet.heartbeat($1)", token, (NpgsqlDbType.Uuid, node));

    /// <summary>Claim up to <paramref name="max"/> chunks, 1 to 1000.
    /// Throws <see cref="FleetNodeRefusedException"/> for a node unknown or not online.</summary>
    public async Task<IReadOnlyList<FleetChunk>> Claim(Guid node, int max, CancellationToken token)
    {
        var chunks = new List<FleetChunk>();
        await using var connection = await source.OpenConnectionAsync(token);
        await using var command = FleetStatement.Of(connection,
            "select c.id, c.job_id, c.attempts, c.payload::text from fleet.claim_chunks($1, $2) c",
            (NpgsqlDbType.Uuid, node), (NpgsqlDbType.Integer, max));
        try
        {
            await using var reader = await command.ExecuteReaderAsync(token);
            while (await reader.ReadAsync(token))
            {
                chunks.Add(new(reader.GetGuid(0), reader.GetGuid(1), reader.GetInt32(2), reader.GetString(3)));
            }
        }
        catch (PostgresException e) when (IsRefusal(e)) { throw Refusal(e); }
        return chunks;
    }

    /// <summary>A chunk is done. False: it was taken away meanwhile, and its result counts for nothing.</summary>
    public Task<bool> Complete(Guid chunk, Guid node, CancellationToken token) =>
        Ask<bool>("select fleet.complete_chunk($1, $2)", token, (NpgsqlDbType.Uuid, chunk), (NpgsqlDbType.Uuid, node));

    /// <summary>A chunk cannot be done. False: it was taken away meanwhile.</summary>
    public Task<bool> Fail(Guid chunk, Guid node, string error, CancellationToken token) =>
        Ask<bool>("select fleet.fail_chunk($1, $2, $3)", token, (NpgsqlDbType.Uuid, chunk), (NpgsqlDbType.Uuid, node), (NpgsqlDbType.Text, error));

    /// <inheritdoc />
    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async Task<T> Ask<T>(string sql, CancellationToken token, params (NpgsqlDbType, object?)[] parameters)
    {
        await using var connection = await source.OpenConnectionAsync(token);
        await using var command = FleetStatement.Of(connection, sql, parameters);
        try { return (T)(await command.ExecuteScalarAsync(token))!; }
        catch (PostgresException e) when (IsRefusal(e)) { throw Refusal(e); }
    }

    private static bool IsRefusal(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.NoDataFound or PostgresErrorCodes.ObjectNotInPrerequisiteState;

    private static FleetNodeRefusedException Refusal(PostgresException e) => new($"{e.MessageText}; {e.Hint}", e);
}
