using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Kinds.Files;
using Scheduler.Runs;

namespace Scheduler.Kinds.Postgres;

/// <summary>Settings of the kind <c>postgres.backup</c>.</summary>
public sealed record PostgresBackupSettings
{
    /// <summary>Folder the backups go to, absolute, in one of the node's <c>file_roots</c>; it must exist. On several nodes it should be one
    /// shared folder, or the job bound to one node (<c>runs_on</c>). No default.</summary>
    [Required]
    public string Folder { get; init; } = "";

    /// <summary>Databases of config/scheduler.yaml; <c>scheduler</c> is the scheduler's own unless one is declared by that name. Default: that
    /// one.</summary>
    [MinLength(1)]
    public IReadOnlyList<string> Databases { get; init; } = ["scheduler"];

    /// <summary>Databases dumped at the same time. Too low and it takes long; too high and disk and servers are crowded. Default 2.</summary>
    [Range(1, 16)]
    public int Parallel { get; init; } = 2;

    /// <summary>0 (none) to 9 (smallest and slowest). Default 6.</summary>
    [Range(0, 9)]
    public int Compression { get; init; } = 6;

    /// <summary>The newest backups, this many, are kept whatever their age. Default 7.</summary>
    [Range(1, 10_000)]
    public int KeepLast { get; init; } = 7;

    /// <summary>Younger backups are kept however many there are. Default: only their number counts.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "36500.00:00:00")]
    public TimeSpan? KeepFor { get; init; }

    /// <summary>Database of config/scheduler.yaml on whose server each dump is restored to a scratch database, which is dropped again; its user
    /// needs CREATEDB. Default: dumps are only read through (<c>pg_restore --list</c>).</summary>
    public string? TestRestoreOn { get; init; }
}

/// <summary>
/// Kind <c>postgres.backup</c>: dumps databases (<c>pg_dump</c>, custom format, one file each), verifies each file, publishes all of them at once,
/// and removes backups past their time.
/// </summary>
/// <remarks>
/// A run publishes one backup, however many owners it had. Killed at any moment it leaves no half backup under a backup's name; the next run
/// removes what it was working on.
/// </remarks>
public sealed class PostgresBackup(PostgresBackupSettings settings, RunScope run, Databases databases, NodeOptions node, TimeProvider time) : IJob
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(2);
    private static readonly string LiveSql = SqlFiles.Read("queries/run_live.sql");

    private readonly ConcurrentDictionary<string, long> bytes = new(StringComparer.Ordinal);

    /// <summary>The kind's entry in the registry.</summary>
    public static Kind Kind { get; } = new("postgres.backup", typeof(PostgresBackup), typeof(PostgresBackupSettings), OnLost.Rerun,
        "Dumps databases, verifies and publishes the dumps at once, and keeps as many as asked for");

    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        using var folder = OpenFolder.At(settings.Folder, node.FileRoots, "folder");
        var store = new BackupStore(folder, run);
        var swept = store.Sweep(await LiveRuns(cancellationToken));
        var manifest = store.Published() ?? await Make(store, cancellationToken);
        var removed = store.Retain(settings.KeepLast, settings.KeepFor, time.GetUtcNow().UtcDateTime);
        context.Result = new
        {
            backup = Path.Combine(settings.Folder, store.Name),
            bytes = manifest.Files.Sum(f => f.Bytes),
            files = manifest.Files,
            removed,
            swept,
        };
    }

    private async Task<BackupManifest> Make(BackupStore store, CancellationToken token)
    {
        var started = time.GetUtcNow().UtcDateTime;
        using var part = store.NewPart();
        try { return await Fill(store, part, started, token); }
        catch
        {
            // Of a run that was cancelled or timed out nothing stays; disks are not to fill with halves until the next night.
            store.Abandon(part);
            throw;
        }
    }

    private async Task<BackupManifest> Fill(BackupStore store, OpenFolder part, DateTime started, CancellationToken token)
    {
        var files = new ConcurrentBag<BackupFile>();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(token);
        var report = Report(ended.Token);
        try
        {
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = settings.Parallel, CancellationToken = token };
            await Parallel.ForEachAsync(settings.Databases.Distinct(), parallel, async (name, t) => files.Add(await Dump(part, name, t)));
        }
        finally
        {
            await ended.CancelAsync();
            await report;
        }
        var manifest = new BackupManifest(run.Job, run.RunKey, run.RunToken, run.Node, started, time.GetUtcNow().UtcDateTime,
            [.. files.OrderBy(f => f.Database, StringComparer.Ordinal)]);
        // A run that was lost meanwhile ends here; should it be lost after this, the new owner finds what was published and keeps it.
        await run.Step((_, _, _) => Task.FromResult(Progress()));
        return store.Publish(part, manifest) ? manifest : store.Published() ?? manifest;
    }

    private async Task<BackupFile> Dump(OpenFolder part, string name, CancellationToken token)
    {
        var reach = Reach(name);
        var tools = await PostgresTools.For(await ServerMajor(reach, token), name, token);
        var file = OpenFolder.NameFor(name) + ".dump";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var environment = PostgresTools.Environment(reach, $"scheduler backup {run.Job}");
        await using (var target = new FileStream(part.PathOf(file), FileMode.CreateNew, FileAccess.Write))
        {
            await tools.Run("pg_dump",
                ["--format=custom", FormattableString.Invariant($"--compress={settings.Compression}"), "--no-password", "--lock-wait-timeout=30000"],
                environment, (output, t) => Copy(output, target, name, hash, t), Says, token);
            target.Flush(flushToDisk: true);
        }
        var entries = await List(tools, part.PathOf(file), token);
        if (settings.TestRestoreOn is { } scratch) { await TestRestore(tools, part.PathOf(file), name, Reach(scratch), token); }
        return new(name, file, bytes[name], Convert.ToHexStringLower(hash.GetHashAndReset()), entries, settings.TestRestoreOn is not null);
    }

    private async Task Copy(Stream output, FileStream target, string name, IncrementalHash hash, CancellationToken token)
    {
        var buffer = new byte[1 << 17];
        bytes[name] = 0;
        int read;
        while ((read = await output.ReadAsync(buffer, token)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            await target.WriteAsync(buffer.AsMemory(0, read), token);
            bytes[name] += read;
        }
    }

    // A dump that was cut off has no end to its table of contents, or none at all.
    private async Task<int> List(PostgresTools tools, string file, CancellationToken token)
    {
        var entries = 0;
        await tools.Run("pg_restore", ["--list", file], new Dictionary<string, string>(), async (output, t) =>
        {
            using var reader = new StreamReader(output);
            while (await reader.ReadLineAsync(t) is { } line) { entries += line.Length > 0 && line[0] != ';' ? 1 : 0; }
        }, Says, token);
        return entries > 0 ? entries : throw new OperatorException($"pg_restore --list shows nothing in {Path.GetFileName(file)}");
    }

    private async Task TestRestore(PostgresTools tools, string file, string name, NpgsqlConnectionStringBuilder on, CancellationToken token)
    {
        // The same name in every run of the job: what a killed one left is dropped by the next.
        var hash = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{run.Job}/{name}")))[..12];
        var scratch = QualifiedName.Quote($"scheduler_restore_{hash}");
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(on.ConnectionString) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        await connection.OpenAsync(token);
        await Execute(connection, $"drop database if exists {scratch} with (force)", token);
        await Execute(connection, $"create database {scratch} template template0", token);
        try
        {
            var target = new NpgsqlConnectionStringBuilder(on.ConnectionString) { Database = $"scheduler_restore_{hash}" };
            await tools.Run("pg_restore", ["--exit-on-error", "--no-owner", "--no-privileges", "--no-password", "--dbname", target.Database, file],
                PostgresTools.Environment(target, $"scheduler test restore {run.Job}"), (output, t) => output.CopyToAsync(Stream.Null, t), Says,
                token);
        }
        finally { await Execute(connection, $"drop database if exists {scratch} with (force)", CancellationToken.None); }
    }

    private async Task Report(CancellationToken until)
    {
        try
        {
            while (true)
            {
                await Task.Delay(ReportEvery, time, until);
                await run.Step((_, _, _) => Task.FromResult(Progress()));
            }
        }
        // A report that fails says nothing about the backup; the last one before it is published must go through.
        catch (Exception e) when (e is OperationCanceledException or NpgsqlException or RunLostException) { }
    }

    private void Says(string line) => run.Output.Write(OutputSource.Error, line);

    private string Progress() => JsonSerializer.Serialize(new { databases = settings.Databases.Count, bytes = bytes.Values.Sum(), each = bytes });

    private async Task<List<(string, long)>> LiveRuns(CancellationToken token)
    {
        var live = new List<(string, long)>();
        await using var connection = await run.Open();
        await using var command = new NpgsqlCommand(LiveSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run.Job });
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { live.Add((reader.GetString(0), reader.GetInt64(1))); }
        return live;
    }

    private NpgsqlConnectionStringBuilder Reach(string name) =>
        databases.Reach(name == "scheduler" && !databases.TargetNames.Contains(name) ? null : name);

    private static async Task<int> ServerMajor(NpgsqlConnectionStringBuilder reach, CancellationToken token)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(reach.ConnectionString) { Pooling = false, Timeout = 10 }.ConnectionString);
        await connection.OpenAsync(token);
        return connection.PostgreSqlVersion.Major;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(token);
    }
}
