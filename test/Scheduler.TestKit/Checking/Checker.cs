using System.Globalization;

namespace Scheduler.TestKit.Checking;

/// <summary>
/// Judges a history: every declared due instant has exactly one row with a verdict that the record itself bears out, and exactly the effects that
/// verdict means; nothing else happened. Fails on surplus as well as on loss. Believes no excuse that it cannot check. See reliability.md §2.3.
/// </summary>
public sealed class Checker
{
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(20);

    private readonly History history;
    private readonly CheckerOptions options;
    private readonly ILookup<string, Effect> effects;
    private readonly ILookup<string, LedgerAttempt> attempts;
    private readonly ILookup<string, LedgerRow> rowsByJob;
    private readonly Dictionary<string, Target> targets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LedgerRow> rows = new(StringComparer.Ordinal);
    private readonly List<(Fault Fault, string Line)> findings = [];
    private int done;

    private Checker(History history, CheckerOptions options)
    {
        (this.history, this.options) = (history, options);
        effects = history.Effects.ToLookup(e => e.RunKey);
        attempts = history.Attempts.ToLookup(a => a.RunKey);
        rowsByJob = history.Rows.ToLookup(r => r.Job);
    }

    /// <summary>Judge a history.</summary>
    public static CheckReport Check(History history, CheckerOptions? options = null) => new Checker(history, options ?? new()).Run();

    private CheckReport Run()
    {
        foreach (var schedule in history.Schedules) { Expand(schedule); }
        foreach (var row in history.Rows)
        {
            if (!rows.TryAdd(row.RunKey, row)) { Find(Fault.Duplicate, row.RunKey, "the ledger has a second row"); }
        }
        foreach (var (key, target) in targets)
        {
            if (target.Must && !rows.ContainsKey(key)) { Find(Fault.Lost, key, "no row: it was never entered"); }
        }
        foreach (var row in rows.Values) { CheckRow(row); }
        foreach (var effect in history.Effects) { CheckEffect(effect); }
        return Report();
    }

    private void Expand(DeclaredSchedule schedule)
    {
        // Rows are entered at their due time at the earliest, bar the tolerance.
        var until = Min(schedule.To + options.EdgeGrace ?? DateTime.MaxValue, history.ReadAt + options.EarlyMax);
        foreach (var due in Expansion.Targets(schedule.Schedule, schedule.TimeZone, schedule.From - options.EdgeGrace, until))
        {
            var must = due >= schedule.From + options.EdgeGrace && due < (schedule.To ?? DateTime.MaxValue) && due < history.ReadAt - options.Budget;
            var key = $"{schedule.Job}@{due.ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture)}";
            // Of two versions that both name an instant, the one in force then counts.
            if (must || !targets.ContainsKey(key)) { targets[key] = new Target(schedule, due, must); }
        }
    }

    private void CheckRow(LedgerRow row)
    {
        var manual = row.RunKey.StartsWith(row.Job + "!", StringComparison.Ordinal) && row.RequestedBy is not null;
        var target = targets.GetValueOrDefault(row.RunKey);
        if (target is null && !manual)
        {
            Find(Fault.Unexpected, row.RunKey, "a row, but nothing declared is due then");
        }
        if (target is not null && (target.Due != row.DueAt || target.Schedule.Job != row.Job))
        {
            Find(Fault.WrongRecord, row.RunKey, $"its row says job {row.Job}, due {Text(row.DueAt)}");
        }
        CheckAttempts(row);
        if (row.State != "finished")
        {
            if (row.DueAt < history.ReadAt - options.Budget)
            {
                Find(Fault.Stuck, row.RunKey,
                    $"still {row.State} {(history.ReadAt - row.DueAt).TotalSeconds:0} s after it was due");
            }
            return;
        }
        if (Excuse(row, target?.Schedule) is { } doubt) { Find(Fault.Lost, row.RunKey, doubt); }
        CheckCount(row, target);
    }

    // How many effects the verdict allows.
    private void CheckCount(LedgerRow row, Target? target)
    {
        if (target is { Schedule.Repeatable: true })
        {
            CheckRepeated(row, target);
            return;
        }
        var count = effects[row.RunKey].Count();
        if (count > 1)
        {
            Find(Fault.Duplicate, row.RunKey, $"{count} effects: "
                + string.Join(", ", effects[row.RunKey].Select(e => $"token {e.Token} on {e.Node} at {Text(e.At)}")));
        }
        switch (row.Verdict)
        {
            case "succeeded" when count == 0:
                Find(Fault.Lost, row.RunKey, "succeeded, but there is no effect");
                break;
            case "succeeded":
                if (count == 1 && target is { Must: true }) { done++; }
                break;
            case "skipped" or "missed" when count > 0:
                Find(Fault.WrongRecord, row.RunKey, $"{row.Verdict}({row.Reason}), but there is an effect");
                break;
            case "failed" or "timed_out" or "cancelled" or "unknown" when count > 0 && target is { Schedule.Transactional: true }:
                Find(Fault.WrongRecord, row.RunKey, $"{row.Verdict}({row.Reason}), but there is an effect, which should have gone with it");
                break;
        }
    }

    // Each attempt may have done it once; the one that succeeded has; no two of them at a time.
    private void CheckRepeated(LedgerRow row, Target target)
    {
        var done = effects[row.RunKey].OrderBy(e => e.At).ToList();
        foreach (var same in done.GroupBy(e => e.Token))
        {
            var entitled = attempts[row.RunKey].Count(a => a.Token == same.Key);
            if (same.Count() > Math.Max(1, entitled))
            {
                Find(Fault.Duplicate, row.RunKey, $"{same.Count()} effects with token {same.Key}, which {entitled} attempts had");
            }
        }
        foreach (var (former, next) in done.Zip(done.Skip(1)))
        {
            if (former.Until is { } until && until > next.At)
            {
                Find(Fault.Duplicate, row.RunKey, $"two at a time: token {former.Token} on {former.Node} lived until {Text(until)}, "
                    + $"token {next.Token} on {next.Node} began at {Text(next.At)}");
            }
        }
        if (row.Verdict == "succeeded" && done.TrueForAll(e => e.Token != row.Token))
        {
            Find(Fault.Lost, row.RunKey, $"succeeded with token {row.Token}, but there is no effect of it");
        }
        else if (row.Verdict is "skipped" or "missed" && done.Count > 0)
        {
            Find(Fault.WrongRecord, row.RunKey, $"{row.Verdict}({row.Reason}), but there is an effect");
        }
        else if (row.Verdict == "succeeded" && target.Must) { this.done++; }
    }

    // Null: the verdict is borne out. Otherwise why it is not believed.
    private string? Excuse(LedgerRow row, DeclaredSchedule? schedule)
    {
        var said = $"{row.Verdict}({row.Reason})";
        var late = row.CreatedAt - row.DueAt;
        return (row.Verdict, row.Reason) switch
        {
            ("skipped", "overlap") when schedule is not null && schedule.Overlap != "skip" => $"{said}, but the policy is {schedule.Overlap}",
            ("skipped", "overlap") => OtherWasLive(row) ? null : $"{said} at {Text(row.CreatedAt)}, but no other run of the job was live then",
            ("skipped", "disabled") => schedule is { Enabled: false } ? null : $"{said}, but the job was enabled",
            ("skipped", "paused") => schedule is { Paused: true } ? null : $"{said}, but the job was not paused",
            ("skipped", "job deleted") => schedule?.To <= row.CreatedAt + options.Slack ? null : $"{said}, but the job was not",
            ("skipped", _) => $"{said} is no reason the checker knows",
            ("missed", "too late") => schedule?.StartWithin < late + options.Slack ? null
                : $"{said}, but it was entered {late.TotalSeconds:0.0} s late",
            ("missed", _) when schedule is null or { Missed: "all" } => $"{said}, but the policy is all",
            ("missed", _) when late <= options.MissedAfter => $"{said}, but it was entered only {late.TotalSeconds:0.0} s late",
            ("missed", "policy skip") => schedule.Missed == "skip" ? null : $"{said}, but the policy is {schedule.Missed}",
            ("missed", "a later fire stands for it") => LaterStandsFor(row, schedule) ? null : $"{said}, but no later fire was due by then",
            ("succeeded" or "failed" or "timed_out" or "cancelled" or "unknown" or "missed", _) => null,
            _ => $"{said} is no verdict",
        };
    }

    private bool OtherWasLive(LedgerRow row) =>
        rowsByJob[row.Job].Any(other => other.RunKey != row.RunKey && other.Verdict is not ("skipped" or "missed")
        && other.CreatedAt <= row.CreatedAt + options.Slack && (other.EndedAt ?? DateTime.MaxValue) >= row.CreatedAt - options.Slack);

    private bool LaterStandsFor(LedgerRow row, DeclaredSchedule schedule) => schedule.Missed == "once"
        && targets.Values.Any(t => t.Schedule.Job == row.Job && t.Due > row.DueAt && t.Due <= row.CreatedAt + options.Slack);

    private void CheckAttempts(LedgerRow row)
    {
        if (row.StartedAt < row.DueAt - options.EarlyMax)
        {
            Find(Fault.Early, row.RunKey,
                $"started {(row.DueAt - row.StartedAt.Value).TotalSeconds:0.000} s before it was due");
        }
        LedgerAttempt? former = null;
        foreach (var attempt in attempts[row.RunKey].OrderBy(a => a.Attempt))
        {
            if (attempt.StartedAt < row.DueAt - options.EarlyMax && attempt.StartedAt != row.StartedAt)
            {
                Find(Fault.Early, row.RunKey,
                    $"attempt {attempt.Attempt} started {(row.DueAt - attempt.StartedAt.Value).TotalSeconds:0.000} s before it was due");
            }
            if (former is not null && (attempt.Attempt == former.Attempt || attempt.Token < former.Token))
            {
                Find(Fault.WrongRecord, row.RunKey,
                    $"attempt {attempt.Attempt} has token {attempt.Token} after attempt {former.Attempt} with token {former.Token}");
            }
            if (former is { Outcome: "lost" or "handed back" } && attempt.Token == former.Token)
            {
                Find(Fault.WrongRecord, row.RunKey, $"attempt {attempt.Attempt} has the token {attempt.Token} of an owner that had lost it");
            }
            former = attempt;
        }
        if (former is not null && (former.Token > row.Token || former.Attempt > row.Attempts))
        {
            Find(Fault.WrongRecord, row.RunKey,
                $"attempt {former.Attempt} with token {former.Token}, but the row says {row.Attempts} attempts and token {row.Token}");
        }
    }

    private void CheckEffect(Effect effect)
    {
        if (effect.At < effect.DueAt - options.EarlyMax)
        {
            Find(Fault.Early, effect.RunKey,
                $"took effect {(effect.DueAt - effect.At).TotalSeconds:0.000} s before it was due");
        }
        if (!rows.TryGetValue(effect.RunKey, out var row))
        {
            Find(Fault.Unexpected, effect.RunKey, $"an effect (token {effect.Token} on {effect.Node} at {Text(effect.At)}), but no row");
            return;
        }
        // With the verdict everything of the run is over.
        if (effect.Until is { } until && row.EndedAt is { } ended && until > ended + options.Slack)
        {
            Find(Fault.Unexpected, effect.RunKey, $"token {effect.Token} on {effect.Node} lived until {Text(until)}, its run ended at {Text(ended)}");
        }
        if (effect.DueAt != row.DueAt)
        {
            Find(Fault.WrongRecord, effect.RunKey,
                $"its effect was due {Text(effect.DueAt)}, its row {Text(row.DueAt)}");
        }
        // Work in another database may be an earlier attempt's, found done by the last; work in the ledger's own is the last one's.
        var transactional = targets.GetValueOrDefault(effect.RunKey) is { Schedule.Transactional: true };
        var owner = attempts[effect.RunKey].Where(a => !transactional || a.Token == row.Token).LastOrDefault(a => a.Token == effect.Token);
        if (owner is null)
        {
            Find(Fault.WrongRecord, effect.RunKey,
                $"its effect has token {effect.Token}, its row token {row.Token}; no attempt was entitled to it");
        }
        else if (owner.Node != effect.Node)
        {
            Find(Fault.WrongRecord, effect.RunKey,
                $"its effect is of {effect.Node}, token {effect.Token} was {owner.Node}'s");
        }
    }

    private CheckReport Report()
    {
        var lags = history.Effects.Select(e => (e.DueAt, Lag: e.At - e.DueAt)).OrderBy(l => l.Lag).ToList();
        var calm = lags.Where(l => !history.Faults.Any(f => f.From - Calm < l.DueAt && l.DueAt < f.To + Calm)).ToList();
        return new CheckReport
        {
            Targets = targets.Values.Count(t => t.Must),
            Done = done,
            Verdicts = history.Rows.GroupBy(r => r.Verdict is null ? r.State : r.Reason is null ? r.Verdict
                : $"{r.Verdict}({r.Reason})").ToDictionary(g => g.Key, g => g.Count()),
            Findings = findings.GroupBy(f => f.Fault).ToDictionary(g => g.Key, g => g.Count()),
            Effects = history.Effects.Count,
            Takeovers = history.Attempts.Count(a => a.Outcome == "lost"),
            LagP50 = Percentile(lags, 0.50),
            LagP99 = Percentile(lags, 0.99),
            LagMax = Percentile(lags, 1),
            LagP99Calm = Percentile(calm, 0.99),
            Evidence = [.. findings.OrderBy(f => f.Fault).Take(options.EvidenceMax).Select(f => $"{f.Fault}: {f.Line}"),
                .. history.Faults.Select(f => $"fault {Text(f.From)} to {Text(f.To)}: {f.What}")],
        };
    }

    private void Find(Fault fault, string key, string what) => findings.Add((fault, $"{key}: {what}"));

    private static TimeSpan Percentile(List<(DateTime, TimeSpan Lag)> sorted, double share) =>
        sorted.Count == 0 ? TimeSpan.Zero : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))].Lag;

    private static DateTime Min(DateTime a, DateTime b) => a < b ? a : b;

    private static string Text(DateTime time) => time.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);

    private sealed record Target(DeclaredSchedule Schedule, DateTime Due, bool Must);
}
