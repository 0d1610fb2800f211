namespace Scheduler.TestKit.Checking;

/// <summary>One version of a declared job and how long it was valid. A job edited once is two of these.</summary>
public sealed record DeclaredSchedule
{
    /// <summary>Name of the job.</summary>
    public required string Job { get; init; }
    /// <summary>Schedule as declared: <c>every Ns</c>, a Unix or a Quartz cron expression, in UTC. See <see cref="Expansion"/>.</summary>
    public required string Schedule { get; init; }
    /// <summary>Time zone as declared. Only UTC is understood. Default UTC.</summary>
    public string TimeZone { get; init; } = "UTC";
    /// <summary>skip, queue or allow. Default skip.</summary>
    public string Overlap { get; init; } = "skip";
    /// <summary>once, skip or all. Default once.</summary>
    public string Missed { get; init; } = "once";
    /// <summary>Fires entered later than this may be missed. Default: no limit.</summary>
    public TimeSpan? StartWithin { get; init; }
    /// <summary>False: its fires are to be skipped as disabled. Default true.</summary>
    public bool Enabled { get; init; } = true;
    /// <summary>True: its fires are to be skipped as paused. Default false.</summary>
    public bool Paused { get; init; }
    /// <summary>True for work that commits together with its verdict: a verdict other than succeeded means no effect. Default false.</summary>
    public bool Transactional { get; init; }
    /// <summary>True for work that each attempt may do anew, never two attempts at a time (<c>command</c> with <c>on_lost: rerun</c>). Default
    /// false: once at most.</summary>
    public bool Repeatable { get; init; }
    /// <summary>First instant it was valid.</summary>
    public required DateTime From { get; init; }
    /// <summary>Instant from which it was valid no more; null while it still is.</summary>
    public DateTime? To { get; init; }
}

/// <summary>A row of the ledger, as <c>scheduler.run</c> shows it.</summary>
public sealed record LedgerRow
{
    /// <summary>Identity of the run.</summary>
    public required string RunKey { get; init; }
    /// <summary>Name of the job.</summary>
    public required string Job { get; init; }
    /// <summary>When it was due.</summary>
    public required DateTime DueAt { get; init; }
    /// <summary>queued, running or finished.</summary>
    public required string State { get; init; }
    /// <summary>Verdict, when finished.</summary>
    public string? Verdict { get; init; }
    /// <summary>Why, for verdicts that have a reason.</summary>
    public string? Reason { get; init; }
    /// <summary>Present or last token.</summary>
    public long Token { get; init; }
    /// <summary>Attempts so far, the present one included.</summary>
    public int Attempts { get; init; }
    /// <summary>Present or last node.</summary>
    public string? Node { get; init; }
    /// <summary>When it was entered.</summary>
    public required DateTime CreatedAt { get; init; }
    /// <summary>When its present or last owner started it.</summary>
    public DateTime? StartedAt { get; init; }
    /// <summary>When it got its verdict.</summary>
    public DateTime? EndedAt { get; init; }
    /// <summary>Who asked for it; null for the schedule.</summary>
    public string? RequestedBy { get; init; }
}

/// <summary>A row of <c>scheduler.attempt</c>.</summary>
/// <param name="RunKey">Its run.</param>
/// <param name="Attempt">Number within the run.</param>
/// <param name="Token">Token it worked under.</param>
/// <param name="Node">Node it worked on.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Outcome">running, lost, failed, handed back, or the run's verdict.</param>
public sealed record LedgerAttempt(string RunKey, int Attempt, long Token, string? Node, DateTime? StartedAt, string? Outcome);

/// <summary>A row a job wrote when it did its work; where it stands decides nothing.</summary>
/// <param name="RunKey">Run key the job was given.</param>
/// <param name="DueAt">Due time the job was given.</param>
/// <param name="Token">Token the job was given.</param>
/// <param name="Node">Name of the node the job was given.</param>
/// <param name="At">When it happened, by the clock of the database it is in.</param>
public sealed record Effect(string RunKey, DateTime DueAt, long Token, string Node, DateTime At)
{
    /// <summary>For work that is a process: when it last gave a sign of life. Null for what happens in an instant.</summary>
    public DateTime? Until { get; init; }
}

/// <summary>Where effects are read from, by now.</summary>
public delegate Task<IReadOnlyList<Effect>> EffectLog();

/// <summary>A fault somebody injected.</summary>
/// <param name="What">The fault and whom it hit.</param>
/// <param name="From">When it began.</param>
/// <param name="To">When it ended.</param>
public sealed record FaultWindow(string What, DateTime From, DateTime To);

/// <summary>Everything the <see cref="Checker"/> judges. All times UTC.</summary>
public sealed record History
{
    /// <summary>What was declared, all versions.</summary>
    public required IReadOnlyList<DeclaredSchedule> Schedules { get; init; }
    /// <summary>The whole ledger.</summary>
    public required IReadOnlyList<LedgerRow> Rows { get; init; }
    /// <summary>All attempts.</summary>
    public required IReadOnlyList<LedgerAttempt> Attempts { get; init; }
    /// <summary>All effects, of all databases.</summary>
    public required IReadOnlyList<Effect> Effects { get; init; }
    /// <summary>What was done to the cluster.</summary>
    public IReadOnlyList<FaultWindow> Faults { get; init; } = [];
    /// <summary>When the ledger was read, by its own clock; the effects were read before.</summary>
    public required DateTime ReadAt { get; init; }
}

/// <summary>How strict the <see cref="Checker"/> is.</summary>
public sealed record CheckerOptions
{
    /// <summary>A target due less than this before the ledger was read need not have a verdict yet. Default 30 s.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>Nothing may begin or take effect earlier than this before it is due (design §4.6). Default 250 ms.</summary>
    public TimeSpan EarlyMax { get; init; } = TimeSpan.FromMilliseconds(250);
    /// <summary>Around the edges of a version's validity a target may have a row and need not. Default 2 s.</summary>
    public TimeSpan EdgeGrace { get; init; } = TimeSpan.FromSeconds(2);
    /// <summary>How far apart two times of one database may be taken that stand for one moment. Default 250 ms.</summary>
    public TimeSpan Slack { get; init; } = TimeSpan.FromMilliseconds(250);
    /// <summary>A fire may be missed only when it was entered later than this (run_enter.sql). Default 60 s.</summary>
    public TimeSpan MissedAfter { get; init; } = TimeSpan.FromSeconds(60);
    /// <summary>Most lines of evidence kept. Default 200.</summary>
    public int EvidenceMax { get; init; } = 200;
}
