using System.Globalization;
using Npgsql;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Runs;

/// <summary>
/// Thrown inside a run that is no longer this node's: its lease was over or another owner has it. Nothing it did is kept; it is never retried.
/// </summary>
public sealed class RunLostException(string runKey, string why, bool alreadyWritten = false)
    : Exception($"run {runKey} is no longer this node's: {why}")
{
    /// <summary>True when the row has a verdict already that was written with this very token: the answer to an earlier finish was lost.</summary>
    public bool AlreadyWritten { get; } = alreadyWritten;
}

/// <summary>
/// The run a kind works for: who it is, and the fence around what it does to the scheduler's own database. One per attempt; given to a
/// kind's constructor.
/// </summary>
public sealed partial class RunScope
{
    private static readonly TimeSpan CommitWithin = TimeSpan.FromSeconds(10);

    private readonly Ledger ledger;
    private readonly Databases databases;

    private readonly Redactor redactor;
    private readonly SecretSource secrets;
    private RunParams? parameters;
    private RunPast? past;

    internal RunScope(Ledger ledger, Databases databases, RunRow run, int attempt, TimeSpan statementTimeout, GuardLimits? guard,
        CancellationToken token, Redactor? redactor = null, SecretSource? secrets = null, OutputPump? pump = null)
    {
        (this.ledger, this.databases, Run, Attempt) = (ledger, databases, run, attempt);
        (StatementTimeout, Guard, Token) = (statementTimeout, guard, token);
        (this.redactor, this.secrets) = (redactor ?? new(), secrets ?? SecretSource.Empty);
        Output = new(run, attempt, pump, this.redactor, TimeProvider.System);
    }

    /// <summary>What the run says, line by line; in the database within a second, redacted.</summary>
    public RunOutput Output { get; }

    /// <summary>The server ends a statement of this run after this time, whatever becomes of the node: the job's time-out.</summary>
    internal TimeSpan StatementTimeout { get; }
    /// <summary>The same as PostgreSQL's setting has it: milliseconds.</summary>
    internal string StatementTimeoutText => ((long)StatementTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
    /// <summary>Limits beyond which a deleting job stops; null when the job sets none.</summary>
    public GuardLimits? Guard { get; }

    internal RunRow Run { get; }
    /// <summary>Identity of the run, e.g. <c>cleanup@2026-11-21T04:00:00Z</c>; the same in every attempt.</summary>
    public string RunKey => Run.RunKey;
    /// <summary>Name of the job.</summary>
    public string Job => Run.Job;
    /// <summary>When the run was due, UTC.</summary>
    public DateTime DueAt => Run.DueAt;
    /// <summary>Grows with every owner of the run.</summary>
    public long RunToken => Run.Token;
    /// <summary>Number of this attempt, from 1, over all owners.</summary>
    public int Attempt { get; }
    /// <summary>Name of this node.</summary>
    public string Node => databases.NodeName;
    /// <summary>Ends at the run's time-out, at cancellation, at shutdown, and before the node's lease does.</summary>
    public CancellationToken Token { get; }

    /// <summary>The run's params: the job's own, with those of the request over them.</summary>
    public RunParams Params => parameters ??= new(Job, ParamDefaults, Run.Params);

    /// <summary>The job's own params, JSON.</summary>
    internal string ParamDefaults { get; init; } = "{}";

    /// <summary>What went before this run, read from the ledger once an attempt: the run before it, the job's last success, the run it follows.
    /// </summary>
    public async Task<RunPast> Past() => past ??= await ledger.Past(Run, Token);

    internal RunPast KnownPast => past ?? throw new InvalidOperationException("what went before the run was not read; call Past() first");

    /// <summary>
    /// A secret by its name, as it is now; from here on it is taken out of everything this run stores or logs. Throws
    /// <see cref="OperatorException"/> when there is none of that name, or jobs may not have it.
    /// </summary>
    public string Secret(string name)
    {
        var value = secrets.ForJobs(name);
        redactor.Add(name, value);
        return value;
    }

    /// <summary>The value of a built-in such as <c>run.key</c> as text; instants in UTC, empty where there is none. What went before the run
    /// (<c>prev.…</c>, <c>parent.…</c>) must have been read with <see cref="Past"/>.</summary>
    public string BuiltIn(string name) => name switch
    {
        "run.key" => RunKey,
        "run.due_at" => Instant(DueAt),
        "prev.due_at" => Instant(KnownPast.PrevDueAt),
        "prev.succeeded_at" => Instant(KnownPast.PrevSucceededAt),
        "parent.run_key" => KnownPast.Parent?.RunKey ?? "",
        "parent.verdict" => KnownPast.Parent?.Verdict ?? "",
        "parent.result" => KnownPast.Parent?.Result ?? "",
        "run.token" => RunToken.ToString(CultureInfo.InvariantCulture),
        "run.attempt" => Attempt.ToString(CultureInfo.InvariantCulture),
        "job.name" => Job,
        "node.name" => Node,
        _ => throw new InvalidOperationException($"built-in '{name}' has no value"),
    };

    /// <summary>Fill the placeholders of a setting: built-ins and <c>${secret:NAME}</c>. See <see cref="Placeholders"/>.</summary>
    /// <param name="text">The setting, checked before with <see cref="Placeholders.Problem"/>.</param>
    /// <param name="escape">Makes a value fit for where the text goes, e.g. <see cref="Uri.EscapeDataString(string)"/>; null leaves it as it is.
    /// </param>
    public string Fill(string text, Func<string, string>? escape = null) => Placeholders.Fill(text, name =>
    {
        var value = Value(name);
        return escape is null ? value : escape(value);
    });

    private string Value(string name) =>
        name.StartsWith(Placeholders.SecretPrefix, StringComparison.Ordinal) ? Secret(name[Placeholders.SecretPrefix.Length..])
        : Placeholders.IsParam(name) ? Params[name[Placeholders.ParamPrefix.Length..]].Text
        : name.StartsWith(Placeholders.ResultPrefix, StringComparison.Ordinal)
            ? KnownPast.Parent?.ResultOf(name[Placeholders.ResultPrefix.Length..]) ?? ""
        : BuiltIn(name);

    private static string Instant(DateTime? at) => at?.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture) ?? "";

    /// <summary>True once <see cref="Commit"/> has ended the run with its verdict.</summary>
    internal bool Committed { get; private set; }

    /// <summary>
    /// Do the work and end the run as succeeded, in one transaction of the scheduler's database: either both are there or neither.
    /// Ends with <see cref="RunLostException"/>, everything rolled back, when the run is no longer this node's.
    /// When an earlier attempt's commit did happen but its answer was lost, the work is not done again.
    /// </summary>
    /// <param name="work">Does the work in the transaction it is given and returns the run's result as JSON, or null.</param>
    public async Task Commit(Func<NpgsqlConnection, NpgsqlTransaction, CancellationToken, Task<string?>> work)
    {
        await using var connection = await OpenOwn();
        try { await CommitIn(connection, work); }
        finally { if (CleansSession) { await Clean(connection); } }
    }

    private async Task CommitIn(NpgsqlConnection connection, Func<NpgsqlConnection, NpgsqlTransaction, CancellationToken, Task<string?>> work)
    {
        // Before the transaction: within it, the ledger would be in use for as long as the work takes, and no old partition could be dropped. What
        // closes the fence is the verdict's own statement at the end; of a very first attempt there is nothing else to ask.
        var first = Run.Token == 1 && Attempt == 1;
        if (!first && await Ledger.Guard(connection, Run, StatementTimeout, Token) == GuardAnswer.AlreadySucceeded)
        {
            Committed = true;
            return;
        }
        await using var transaction = await connection.BeginTransactionAsync(Token);
        if (first) { await Ledger.Limit(connection, StatementTimeoutText, Token); }
        var result = await work(connection, transaction, Token);
        Token.ThrowIfCancellationRequested();
        using var limit = new CancellationTokenSource(CommitWithin);
        await ledger.Commit(connection, Run, result is null ? null : redactor.CleanJson(result), limit.Token);
        Committed = true;
    }

    /// <summary>
    /// Do one step of longer work and note its progress, in one transaction of the scheduler's database, behind the fence.
    /// Ends with <see cref="RunLostException"/>, the step rolled back, when the run is no longer this node's.
    /// </summary>
    /// <param name="work">Does the step in the transaction it is given and returns the progress so far as JSON, e.g. <c>{"rows": 3000}</c>.</param>
    public async Task Step(Func<NpgsqlConnection, NpgsqlTransaction, CancellationToken, Task<string>> work)
    {
        await using var connection = await OpenOwn();
        if (await Ledger.Guard(connection, Run, StatementTimeout, Token) == GuardAnswer.AlreadySucceeded)
        {
            // An earlier attempt's last commit did happen and only its answer was lost: nothing is left to do.
            throw new RunLostException(RunKey, "it has succeeded already", alreadyWritten: true);
        }
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var progress = await work(connection, transaction, Token);
        await ledger.Progress(connection, Run, redactor.CleanJson(progress), Token);
        await CommitBounded(transaction);
    }

    // Not ended by the run's cancellation: a cancelled commit has no known outcome. Ended by a limit of its own, because a connection that was cut
    // may never answer. The next attempt, here or elsewhere, asks the row what became of it.
    internal static async Task CommitBounded(NpgsqlTransaction transaction)
    {
        using var limit = new CancellationTokenSource(CommitWithin);
        await transaction.CommitAsync(limit.Token);
    }
}
