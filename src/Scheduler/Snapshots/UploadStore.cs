using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Database;
using Scheduler.Runs;
using Scheduler.Snapshots.Agents;
using Scheduler.Snapshots.Protocols;

namespace Scheduler.Snapshots;

/// <summary>
/// The statements of uploads, each on a session of the run's own, opened behind its fence: what a run that lost its node still does here changes
/// nothing. Each change of state counts only for the attempt and token it was decided by; of two who decide one wins.
/// </summary>
internal sealed class UploadStore(RunScope run) : IDisposable
{
    // Of the sessions the jobs' pool has for all runs of a node, one run of many looks has these.
    private const int SessionsMax = 3;
    private static readonly string NodeSql = SqlFiles.Read("queries/upload_node.sql");
    private static readonly string OfRunSql = SqlFiles.Read("queries/upload_of_run.sql");
    private static readonly string MetricSql = SqlFiles.Read("queries/upload_metric.sql");
    private static readonly string WantSql = SqlFiles.Read("queries/upload_want.sql");
    private static readonly string TakeSql = SqlFiles.Read("queries/upload_take.sql");
    private static readonly string BeganSql = SqlFiles.Read("queries/upload_began.sql");
    private static readonly string DueSql = SqlFiles.Read("queries/upload_due.sql");
    private static readonly string SeenSql = SqlFiles.Read("queries/upload_seen.sql");
    private static readonly string ProblemSql = SqlFiles.Read("queries/upload_problem.sql");
    private static readonly string EndSql = SqlFiles.Read("queries/upload_end.sql");
    private static readonly string ResumeSql = SqlFiles.Read("queries/upload_resume.sql");
    private static readonly string OldSql = SqlFiles.Read("queries/upload_old.sql");
    private static readonly string RemovedSql = SqlFiles.Read("queries/upload_removed.sql");

    private readonly SemaphoreSlim sessions = new(SessionsMax);

    /// <summary>A node's row, and the upload that stands against another one; null when there is no such node.</summary>
    public Task<(SnapshotNode Node, string Json, long? InTheWay)?> Node(string name) => Ask(NodeSql, [Text(name)], async reader =>
        await reader.ReadAsync(run.Token)
            ? (SnapshotSchema.Read<SnapshotNode>(reader.GetString(0)), reader.GetString(0), reader.IsDBNull(1) ? (long?)null : reader.GetInt64(1))
            : ((SnapshotNode, string, long?)?)null);

    /// <summary>The upload of this run, or null.</summary>
    public Task<UploadRow?> OfRun() => One(OfRunSql, Text(run.RunKey));

    /// <summary>An upload as it is now.</summary>
    public Task<UploadRow?> Now(UploadRow upload) => One(OfRunSql, Text(upload.RunKey));

    /// <summary>Keep what a node said.</summary>
    public Task Keep(string node, NodeMetrics metrics) => Count(MetricSql, Text(node), Text(run.RunKey),
        new()
        {
            NpgsqlDbType = NpgsqlDbType.Jsonb,
            Value = JsonSerializer.Serialize(metrics, SnapshotSchema.Json).Replace("\\u0000", "\\ufffd", StringComparison.Ordinal),
        });

    /// <summary>Write the intent; null when another upload of the node is in the way by now.</summary>
    public Task<UploadRow?> Want(string node, string definition, string target) => One(WantSql, Text(run.RunKey), Text(node),
        new() { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = definition }, Text(target));

    /// <summary>Take an upload's beginning over; null when somebody else was first.</summary>
    public Task<UploadRow?> Take(UploadRow upload) => One(TakeSql, Number(upload.Id), Number(upload.Token));

    /// <summary>The agent has begun. False: somebody else has the upload by now.</summary>
    public async Task<bool> Began(UploadRow upload, AgentJob job) => await Count(BeganSql, Number(upload.Id), Number(upload.Token), Text(job.Id),
        Text(job.Process), Text(job.Started), Text(job.Group)) == 1;

    /// <summary>What the monitor has to look at.</summary>
    public Task<List<UploadRow>> Due(int most) => Many(DueSql, Int(most));

    /// <summary>Write how far it is.</summary>
    public Task Seen(UploadRow upload, AgentReport report) => Count(SeenSql, Number(upload.Id), Int(upload.Attempt), Number(report.Bytes),
        Maybe(NpgsqlDbType.Bigint, report.BytesTotal), Number(report.Files), Maybe(NpgsqlDbType.Bigint, report.FilesTotal), Number(report.Activity),
        Maybe(NpgsqlDbType.Double, report.Rate), Maybe(NpgsqlDbType.Double, report.SecondsLeft));

    /// <summary>Write why its agent could not be asked.</summary>
    public Task Problem(UploadRow upload, string problem) => Count(ProblemSql, Number(upload.Id), Int(upload.Attempt), Text(problem));

    /// <summary>End this attempt. False: it has ended already.</summary>
    public async Task<bool> End(UploadRow upload, UploadEnd end) => await Count(EndSql, Number(upload.Id), Int(upload.Attempt), Text(end.State),
        Maybe(NpgsqlDbType.Text, Plain(end.Reason)), Maybe(NpgsqlDbType.Text, Plain(end.Error)),
        Maybe(NpgsqlDbType.Double, end.ResumeAfter?.TotalSeconds), Maybe(NpgsqlDbType.Bigint, end.There?.Bytes),
        Maybe(NpgsqlDbType.Bigint, end.There?.Files),
        new NpgsqlParameter<bool> { TypedValue = end.State == "completed" && end.There?.Compared == true }) == 1;

    /// <summary>Begin its next attempt; null when somebody else was first.</summary>
    public Task<UploadRow?> Resume(UploadRow upload) => One(ResumeSql, Number(upload.Id), Int(upload.Attempt));

    /// <summary>Uploads whose folders retention may remove.</summary>
    public Task<List<UploadRow>> Old(int most) => Many(OldSql, Int(most));

    /// <summary>A folder was removed.</summary>
    public Task Removed(UploadRow upload) => Count(RemovedSql, Number(upload.Id));

    public void Dispose() => sessions.Dispose();

    private async Task<UploadRow?> One(string sql, params NpgsqlParameter[] parameters) => (await Many(sql, parameters)).FirstOrDefault();

    private Task<List<UploadRow>> Many(string sql, params NpgsqlParameter[] parameters) => Ask(sql, parameters, async reader =>
    {
        var rows = new List<UploadRow>();
        while (await reader.ReadAsync(run.Token)) { rows.Add(SnapshotSchema.Read<UploadRow>(reader.GetString(0))); }
        return rows;
    });

    private Task<int> Count(string sql, params NpgsqlParameter[] parameters) => Ask(sql, parameters, async reader =>
        await reader.ReadAsync(run.Token) ? reader.GetInt32(0) : 0);

    private async Task<T> Ask<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, Task<T>> read)
    {
        await sessions.WaitAsync(run.Token);
        try
        {
            await using var connection = await run.Open();
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            await using var reader = await command.ExecuteReaderAsync(run.Token);
            return await read(reader);
        }
        finally { sessions.Release(); }
    }

    private static NpgsqlParameter Text(string value) => new NpgsqlParameter<string> { TypedValue = PlainText.Clean(value) };

    private static string? Plain(string? text) => text is null ? null : PlainText.Clean(text.ReplaceLineEndings(" "));

    private static NpgsqlParameter Number(long value) => new NpgsqlParameter<long> { TypedValue = value };

    private static NpgsqlParameter Int(int value) => new NpgsqlParameter<int> { TypedValue = value };

    private static NpgsqlParameter Maybe(NpgsqlDbType type, object? value) => new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };
}

/// <summary>How an attempt of an upload ended.</summary>
/// <param name="State"><c>completed</c>, <c>failed</c>, <c>cancelled</c> or <c>lost</c>.</param>
/// <param name="Reason">In a few words.</param>
/// <param name="Error">What the agent said.</param>
/// <param name="ResumeAfter">It is begun again after this time; null: it is not.</param>
/// <param name="There">What is whole at its destination; null: that was not looked at.</param>
internal sealed record UploadEnd(
    string State, string? Reason = null, string? Error = null, TimeSpan? ResumeAfter = null, Comparison? There = null);
