using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace Scheduler.Database;

/// <summary>What <see cref="Migrator.Check"/> found.</summary>
/// <param name="Version">Number of the newest migration the database has; 0 for none.</param>
/// <param name="Wanted">Number of the newest migration this binary has.</param>
/// <param name="Pending">Migrations and objects this binary would apply.</param>
/// <param name="Problems">What stands in the way; empty when nothing does.</param>
public sealed record SchemaState(int Version, int Wanted, IReadOnlyList<string> Pending, IReadOnlyList<string> Problems);

/// <summary>
/// Brings a database to this binary's schema: numbered migrations once each, then functions, views and roles whose text changed, all in one
/// transaction under an advisory lock. Any number of nodes may call it at once. A database whose schema is newer keeps its functions and
/// views; when a newer migration says it is breaking, this binary refuses to start.
/// </summary>
public static class Migrator
{
    /// <summary>Oldest PostgreSQL that has all we use: 15 (create or replace trigger is 14, security and NULLS handling of 15 are tested).</summary>
    public const int ServerVersionMin = 15;
    // "Scheduler" on a telephone's keys; any number does, but every binary must use the same.
    private const long AdvisoryLock = 724_337_537;
    // A migration may build an index of a large table.
    private const int StatementSecondsMax = 1800;
    // A node frozen in the middle of a migration must not keep the others from starting.
    private static readonly SessionLimits Limits = SessionLimits.OfSeconds(StatementSecondsMax, @lock: 60, idleInTransaction: 10);

    /// <summary>Apply what is missing. Returns the names of what was applied, empty when nothing was. Throws <see cref="OperatorException"/>
    /// with one clear message.</summary>
    public static async Task<IReadOnlyList<string>> Migrate(string connectionString, CancellationToken token)
    {
        await using var connection = await Open(connectionString, token);
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(token);
            await connection.ExecuteAsync("select pg_advisory_xact_lock(@AdvisoryLock)", new { AdvisoryLock });
            await connection.ExecuteAsync(Bookkeeping);
            var applied = await Apply(connection, token);
            await transaction.CommitAsync(token);
            return applied;
        }
        catch (PostgresException e) when (e.SqlState is "42501" or "42939")
        {
            throw new OperatorException(
                $"user '{connection.UserName}' may not change the schema of database '{connection.Database}': {e.MessageText}; "
                + "expected the owner of the database, with CREATEROLE the first time", 1, e);
        }
    }

    /// <summary>Compare without changing anything, and verify the chain over the versions of jobs; see
    /// <c>scheduler_private.chain_problem</c>.</summary>
    public static async Task<SchemaState> Check(string connectionString, CancellationToken token)
    {
        await using var connection = await Open(connectionString, token);
        var wanted = Migrations();
        if (await connection.ExecuteScalarAsync<string?>("select to_regclass('scheduler_private.migration')::text") is null)
        {
            return new(0, wanted[^1].Number, [.. wanted.Select(m => m.File), .. Objects()], []);
        }
        var have = await Have(connection);
        var problems = new List<string>();
        if (Refusal(have, wanted) is { } refusal) { problems.Add(refusal); }
        problems.AddRange(wanted.Where(m => have.Any(h => h.Number == m.Number && h.Hash != m.Hash))
            .Select(m => $"{m.File} was applied with another text; migrations are append-only"));
        var hashes = (await connection.QueryAsync<(string, string)>("select name, hash from scheduler_private.schema_object"))
            .ToDictionary(r => r.Item1, r => r.Item2);
        var newer = have.Count > 0 && have[^1].Number > wanted[^1].Number;
        var pending = wanted.Where(m => have.All(h => h.Number != m.Number)).Select(m => m.File)
            .Concat(newer ? [] : Objects().Where(o => hashes.GetValueOrDefault(o) != HashOf(SqlFiles.Read(o))));
        if (await connection.ExecuteScalarAsync<bool>("select to_regproc('scheduler_private.chain_problem') is not null")
            && await connection.ExecuteScalarAsync<string?>("select scheduler_private.chain_problem()") is { } broken)
        {
            problems.Add(broken);
        }
        return new(have.Count == 0 ? 0 : have[^1].Number, wanted[^1].Number, [.. pending], problems);
    }

    private const string Bookkeeping = """
        create schema if not exists scheduler; create schema if not exists scheduler_private;
        create schema if not exists quartz; create schema if not exists fleet;
        create table if not exists scheduler_private.migration (number integer primary key, file text not null, hash text not null,
            breaking boolean not null, applied_at timestamptz not null default clock_timestamp());
        create table if not exists scheduler_private.schema_object (
            name text primary key, hash text not null, applied_at timestamptz not null default clock_timestamp());
        """;

    private static async Task<List<string>> Apply(NpgsqlConnection connection, CancellationToken token)
    {
        var wanted = Migrations();
        var have = await Have(connection);
        if (Refusal(have, wanted) is { } refusal) { throw new OperatorException(refusal); }
        var applied = new List<string>();
        if (have.Count == 0) { await ProvisionQuartz(connection, token); }
        foreach (var migration in wanted.Where(m => have.All(h => h.Number != m.Number)))
        {
            await Run(connection, migration.File, token);
            await connection.ExecuteAsync(
                "insert into scheduler_private.migration (number, file, hash, breaking) values (@Number, @File, @Hash, @Breaking)", migration);
            applied.Add(migration.File);
        }
        if (have.Count > 0 && have[^1].Number > wanted[^1].Number) { return applied; }
        var hashes = (await connection.QueryAsync<(string, string)>("select name, hash from scheduler_private.schema_object"))
            .ToDictionary(r => r.Item1, r => r.Item2);
        foreach (var file in Objects())
        {
            var hash = HashOf(SqlFiles.Read(file));
            // Roles go with any change: new objects need their grants.
            if (hashes.GetValueOrDefault(file) == hash && !(file == "roles.sql" && applied.Count > 0)) { continue; }
            await Run(connection, file, token);
            await connection.ExecuteAsync("insert into scheduler_private.schema_object (name, hash) values (@file, @hash)"
                + " on conflict (name) do update set hash = excluded.hash, applied_at = clock_timestamp()", new { file, hash });
            applied.Add(file);
        }
        await connection.ExecuteAsync("select scheduler_private.ensure_partitions()");
        return applied;
    }

    private static async Task Run(NpgsqlConnection connection, string file, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(SqlFiles.Read(file), connection);
        try { await command.ExecuteNonQueryAsync(token); }
        catch (PostgresException e) when (e.SqlState is not ("42501" or "42939"))
        {
            throw new OperatorException(
                $"sql/{file} failed: {e.SqlState} {e.MessageText}{(e.Hint is null ? "" : " Hint: " + e.Hint)}; nothing was applied", 1, e);
        }
    }

    // Quartz carries its own schema; its file ends each statement with a line --;; and leaves room for the prefix.
    private static async Task ProvisionQuartz(NpgsqlConnection connection, CancellationToken token)
    {
        const string Resource = "Quartz.Impl.AdoJobStore.Schema.create_postgres.sql";
        await using var stream = typeof(Quartz.IScheduler).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not in Quartz's assembly; was the pinned version changed?");
        using var reader = new StreamReader(stream);
        var text = (await reader.ReadToEndAsync(token))
            .Replace("{0}", "quartz.qrtz_", StringComparison.Ordinal).Replace("{1}", "qrtz_", StringComparison.Ordinal);
        foreach (var statement in text.ReplaceLineEndings("\n")
            .Split("\n--;;\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            await connection.ExecuteAsync(statement);
        }
    }

    private static async Task<NpgsqlConnection> Open(string connectionString, CancellationToken token)
    {
        var settings = Databases.Parse(connectionString, "the connection string");
        settings.ApplicationName = "scheduler migrate";
        settings.Pooling = false;
        settings.Timeout = 10;
        settings.CommandTimeout = StatementSecondsMax + 2;
        Limits.Apply(settings);
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try { await connection.OpenAsync(token); }
        catch (NpgsqlException e)
        {
            await connection.DisposeAsync();
            var detail = e is PostgresException p ? $"{p.SqlState} {p.MessageText}" : e.InnerException?.Message ?? e.Message;
            throw new OperatorException($"cannot connect to PostgreSQL at {settings.Host}:{settings.Port}, "
                + $"database '{settings.Database}', user '{settings.Username}': {detail}",
                e is PostgresException and not { SqlState: "57P03" or "53300" } || detail.Contains("password", StringComparison.OrdinalIgnoreCase)
                    ? 1 : 8, e);
        }
        if (connection.PostgreSqlVersion.Major < ServerVersionMin)
        {
            var version = connection.PostgreSqlVersion;
            await connection.DisposeAsync();
            throw new OperatorException($"PostgreSQL {version} at {settings.Host}:{settings.Port} is too old; expected {ServerVersionMin} or newer");
        }
        // A pooler answers with a process of its own making. Locks, LISTEN and prepared statements would not survive it.
        if (await connection.ExecuteScalarAsync<int>("select pg_backend_pid()") != connection.ProcessID)
        {
            await connection.DisposeAsync();
            throw new OperatorException($"{settings.Host}:{settings.Port} is a connection pooler; expected a direct connection to PostgreSQL, "
                + "because locks, LISTEN and prepared statements do not work through one");
        }
        return connection;
    }

    private static string? Refusal(List<Applied> have, List<Migration> wanted)
    {
        var breaking = have.Where(h => h.Number > wanted[^1].Number && h.Breaking).Select(h => h.File).FirstOrDefault();
        return breaking is null ? null
            : $"the database has {breaking}, which is newer than this binary ({wanted[^1].File}) and marked breaking; run a newer scheduler";
    }

    private static List<Migration> Migrations() => [.. SqlFiles.List("migrations").Select(file =>
    {
        var text = SqlFiles.Read(file);
        var breaking = text.Split('\n')[0].Contains("Breaking: yes", StringComparison.Ordinal);
        return new Migration(int.Parse(Path.GetFileName(file)[..4], System.Globalization.CultureInfo.InvariantCulture), file, HashOf(text), breaking);
    })];

    private static List<string> Objects() => [.. SqlFiles.List("functions"), .. SqlFiles.List("views"), "roles.sql"];

    private static async Task<List<Applied>> Have(NpgsqlConnection connection) =>
        [.. await connection.QueryAsync<Applied>("select number, file, hash, breaking from scheduler_private.migration order by number")];

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed record Migration(int Number, string File, string Hash, bool Breaking);

    private sealed record Applied(int Number, string File, string Hash, bool Breaking);
}
