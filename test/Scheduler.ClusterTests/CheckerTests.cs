using System.Globalization;
using NUnit.Framework;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>The checker checked: a clean history passes, and each planted fault is found as what it is.</summary>
[TestFixture]
public sealed class CheckerTests
{
    private static readonly DateTime Start = new(2026, 11, 21, 4, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime ReadAt = Start.AddMinutes(5);

    [Test]
    public void A_clean_history_passes_and_counts_every_target()
    {
        var report = Checker.Check(Clean());

        Assert.That(report.Ok, Is.True, report.ToString());
        // 2 s at either end are grace: every 2 s from 04:00:02 to 04:04:28 is 134, every 5 s from :05 to :25 is 53, each minute is 4.
        Assert.That(report.Targets, Is.EqualTo(134 + 53 + 4), report.ToString());
        Assert.That(report.Takeovers, Is.EqualTo(1));
    }

    [Test]
    public void A_dropped_effect_is_lost()
    {
        var clean = Clean();
        Expect(clean with { Effects = Without(clean.Effects, 20) }, Fault.Lost);
    }

    [Test]
    public void A_doubled_effect_is_a_duplicate()
    {
        var clean = Clean();
        Expect(clean with { Effects = [.. clean.Effects, clean.Effects[20] with { At = clean.Effects[20].At.AddSeconds(3) }] }, Fault.Duplicate);
    }

    [Test]
    public void An_effect_shifted_by_a_second_is_a_wrong_record()
    {
        var clean = Clean();
        Expect(clean with { Effects = With(clean.Effects, 20, e => e with { DueAt = e.DueAt.AddSeconds(-1) }) }, Fault.WrongRecord);
    }

    [Test]
    public void A_run_shifted_by_a_second_is_lost_and_unexpected()
    {
        var clean = Clean();
        var row = clean.Rows[20];
        var (key, due) = (Key(row.Job, row.DueAt.AddSeconds(-1)), row.DueAt.AddSeconds(-1));
        var shifted = clean with
        {
            Rows = With(clean.Rows, 20, r => r with { RunKey = key, DueAt = due }),
            Attempts = With(clean.Attempts, clean.Attempts.ToList().FindIndex(a => a.RunKey == row.RunKey), a => a with { RunKey = key }),
            Effects = With(clean.Effects, clean.Effects.ToList().FindIndex(e => e.RunKey == row.RunKey), e => e with { RunKey = key, DueAt = due }),
        };

        Expect(shifted, Fault.Lost, Fault.Unexpected);
    }

    [Test]
    public void A_forged_run_is_unexpected()
    {
        var clean = Clean();
        var forged = Finished("a", Start.AddSeconds(31), "succeeded");
        var attempt = new LedgerAttempt(forged.RunKey, 1, 1, "n1", forged.StartedAt, "succeeded");
        var effect = new Effect(forged.RunKey, forged.DueAt, 1, "n1", forged.DueAt.AddSeconds(0.1));
        Expect(clean with { Rows = [.. clean.Rows, forged], Attempts = [.. clean.Attempts, attempt], Effects = [.. clean.Effects, effect] },
            Fault.Unexpected);
    }

    [Test]
    public void A_run_of_a_job_nobody_declared_is_unexpected()
    {
        var clean = Clean();
        Expect(clean with { Rows = [.. clean.Rows, Finished("ghost", Start.AddSeconds(30), "cancelled")] }, Fault.Unexpected);
    }

    [Test]
    public void An_effect_of_a_run_that_is_not_in_the_ledger_is_unexpected()
    {
        var clean = Clean();
        var effect = new Effect("a@2026-11-21T04:00:31Z", Start.AddSeconds(31), 1, "n1", Start.AddSeconds(31.1));
        Expect(clean with { Effects = [.. clean.Effects, effect] }, Fault.Unexpected);
    }

    [Test]
    public void History_cut_out_of_the_ledger_is_lost_and_its_effects_unexpected()
    {
        var clean = Clean();
        Expect(clean with { Rows = [.. clean.Rows.Where(r => r.Job != "a" || r.DueAt < Start.AddMinutes(1) || r.DueAt > Start.AddMinutes(2))] },
            Fault.Lost, Fault.Unexpected);
    }

    [Test]
    public void A_target_whose_row_and_effect_are_both_gone_is_lost()
    {
        var clean = Clean();
        var key = clean.Rows[20].RunKey;
        Expect(clean with { Rows = [.. clean.Rows.Where(r => r.RunKey != key)], Effects = [.. clean.Effects.Where(e => e.RunKey != key)] },
            Fault.Lost);
    }

    [Test]
    public void Swapped_tokens_are_wrong_records()
    {
        var clean = Clean();
        var effects = clean.Effects.ToList();
        var (a, b) = (effects.FindIndex(e => e.Token == 3), effects.FindIndex(e => e.Token == 1));
        (effects[a], effects[b]) = (effects[a] with { Token = effects[b].Token }, effects[b] with { Token = effects[a].Token });
        Assert.That(Expect(clean with { Effects = effects }, Fault.WrongRecord).Of(Fault.WrongRecord), Is.EqualTo(2));
    }

    [Test]
    public void Swapped_effects_of_two_runs_are_wrong_records()
    {
        var clean = Clean();
        var swapped = With(With(clean.Effects, 20, e => e with { RunKey = clean.Effects[21].RunKey }), 21, e =>
            e with { RunKey = clean.Effects[20].RunKey });
        Expect(clean with { Effects = swapped }, Fault.WrongRecord);
    }

    [Test]
    public void A_skip_for_overlap_with_nothing_to_overlap_is_lost()
    {
        var clean = Clean();
        Expect(Replace(clean,
            clean.Rows[20] with { Verdict = "skipped", Reason = "overlap", Attempts = 0, Token = 0, StartedAt = null, Node = null }), Fault.Lost);
    }

    [Test]
    public void A_skip_for_overlap_of_a_job_that_allows_overlap_is_lost()
    {
        var clean = Clean();
        var skip = clean.Rows.First(r => r.Verdict == "skipped");
        Expect(clean with { Schedules = [.. clean.Schedules.Select(s => s.Job == skip.Job ? s with { Overlap = "allow" } : s)] }, Fault.Lost);
    }

    [TestCase("skipped", "paused")]
    [TestCase("skipped", "disabled")]
    [TestCase("skipped", "job deleted")]
    [TestCase("skipped", "it rained")]
    [TestCase("missed", "policy skip")]
    [TestCase("missed", "too late")]
    [TestCase("missed", "a later fire stands for it")]
    [TestCase("forgiven", null)]
    public void An_excuse_that_nothing_bears_out_is_lost(string verdict, string? reason)
    {
        var clean = Clean();
        Expect(Replace(clean, clean.Rows[20] with { Verdict = verdict, Reason = reason, Attempts = 0, Token = 0, StartedAt = null, Node = null }),
            Fault.Lost);
    }

    [Test]
    public void A_miss_that_was_late_enough_is_believed_only_when_the_policy_allows_it()
    {
        var clean = Clean();
        var late = clean.Rows[20].DueAt.AddSeconds(70);
        var missed = clean.Rows[20] with
        {
            Verdict = "missed",
            Reason = "a later fire stands for it",
            Attempts = 0,
            Token = 0,
            StartedAt = null,
            CreatedAt = late,
            EndedAt = late,
        };
        var history = Replace(clean, missed);

        Assert.That(Checker.Check(history).Ok, Is.True, Checker.Check(history).ToString());
        Expect(history with { Schedules = [.. history.Schedules.Select(s => s with { Missed = "all" })] }, Fault.Lost);
        Expect(history with { Schedules = [.. history.Schedules.Select(s => s with { Missed = "skip" })] }, Fault.Lost);
    }

    [Test]
    public void A_skipped_run_with_an_effect_is_a_wrong_record()
    {
        var clean = Clean();
        var skip = clean.Rows.First(r => r.Verdict == "skipped");
        var attempt = new LedgerAttempt(skip.RunKey, 1, 1, "n1", skip.DueAt, "lost");
        var effect = new Effect(skip.RunKey, skip.DueAt, 1, "n1", skip.DueAt.AddSeconds(0.1));
        Expect(clean with { Effects = [.. clean.Effects, effect], Attempts = [.. clean.Attempts, attempt] }, Fault.WrongRecord);
    }

    [Test]
    public void A_failed_run_may_have_an_effect_unless_it_is_transactional()
    {
        var clean = Clean();
        var failed = clean with { Rows = With(clean.Rows, 20, r => r with { Verdict = "failed" }) };
        Assert.That(failed.Rows[20].Job, Is.EqualTo("a"));

        Assert.That(Checker.Check(failed).Ok, Is.True, Checker.Check(failed).ToString());
        Expect(failed with { Schedules = [.. failed.Schedules.Select(s => s with { Transactional = true })] }, Fault.WrongRecord);
    }

    [Test]
    public void An_early_start_and_an_early_effect_are_each_found()
    {
        var clean = Clean();
        Expect(clean with { Rows = With(clean.Rows, 20, r => r with { StartedAt = r.DueAt.AddMilliseconds(-300) }) }, Fault.Early);
        Expect(clean with { Effects = With(clean.Effects, 20, e => e with { At = e.DueAt.AddMilliseconds(-300) }) }, Fault.Early);
    }

    [TestCase("queued")]
    [TestCase("running")]
    public void A_run_without_a_verdict_is_stuck_once_its_time_is_up(string state)
    {
        var clean = Clean();
        var open = clean.Rows[20] with { State = state, Verdict = null, EndedAt = null };
        Expect(clean with { Rows = With(clean.Rows, 20, _ => open), Effects = [.. clean.Effects.Where(e => e.RunKey != open.RunKey)] }, Fault.Stuck);
    }

    [Test]
    public void A_second_row_of_one_run_is_a_duplicate()
    {
        var clean = Clean();
        Expect(clean with { Rows = [.. clean.Rows, clean.Rows[20]] }, Fault.Duplicate);
    }

    [Test]
    public void Tokens_that_shrink_or_stay_after_a_loss_are_wrong_records()
    {
        var clean = Clean();
        var second = clean.Attempts.ToList().FindIndex(a => a.Attempt == 2);
        Expect(clean with { Attempts = With(clean.Attempts, second, a => a with { Token = 0 }) }, Fault.WrongRecord);
        Expect(clean with { Attempts = With(clean.Attempts, second, a => a with { Token = 1 }) }, Fault.WrongRecord);
    }

    [Test]
    public void An_effect_of_another_node_than_the_token_s_is_a_wrong_record()
    {
        var clean = Clean();
        Expect(clean with { Effects = With(clean.Effects, 20, e => e with { Node = "n9" }) }, Fault.WrongRecord);
    }

    [Test]
    public void Of_work_that_may_be_repeated_each_attempt_may_have_an_effect_and_no_two_at_a_time()
    {
        var clean = Repeatable();
        var report = Checker.Check(clean);
        Assert.That(report.Ok, Is.True, report.ToString());
        var first = clean.Effects.ToList().FindIndex(e => e.Until is not null);

        Expect(clean with { Schedules = [.. clean.Schedules.Select(s => s with { Repeatable = false })] }, Fault.Duplicate);
        Expect(clean with { Effects = With(clean.Effects, first, e => e with { Until = e.DueAt.AddSeconds(7.198) }) }, Fault.Duplicate);
        var again = clean.Effects[first] with { At = clean.Effects[first].At.AddSeconds(3.5), Until = null };
        Expect(clean with { Effects = [.. clean.Effects, again] }, Fault.Duplicate);
        Expect(clean with { Effects = [.. clean.Effects.Where(e => e.RunKey != clean.Effects[first].RunKey || e.Token == 1)] }, Fault.Lost);
    }

    [Test]
    public void A_process_that_outlives_its_run_is_unexpected()
    {
        var clean = Clean();
        Expect(clean with { Effects = With(clean.Effects, 20, e => e with { Until = e.At.AddSeconds(2) }) }, Fault.Unexpected);
    }

    // The clean history, its run that was taken over done by both owners one after the other.
    private static History Repeatable()
    {
        var clean = Clean();
        var lost = clean.Attempts.Single(a => a.Outcome == "lost");
        var due = clean.Rows.Single(r => r.RunKey == lost.RunKey).DueAt;
        return clean with
        {
            Schedules = [.. clean.Schedules.Select(s => s with { Repeatable = true })],
            Effects = [.. clean.Effects, new Effect(lost.RunKey, due, 1, "n1", due.AddSeconds(0.1)) { Until = due.AddSeconds(3) }],
        };
    }

    // Jobs a (every 2 s, one run of it taken over), b (Quartz cron, each 5 s; one run of 8 s makes the next skip), c (Unix cron, each minute).
    private static History Clean()
    {
        DeclaredSchedule[] schedules =
        [
            new() { Job = "a", Schedule = "every 2s", From = Start },
            new() { Job = "b", Schedule = "*/5 * * * * ?", From = Start },
            new() { Job = "c", Schedule = "* * * * *", From = Start },
        ];
        var rows = new List<LedgerRow>();
        foreach (var (job, seconds) in new[] { ("a", 2), ("b", 5), ("c", 60) })
        {
            for (var due = Start; due < ReadAt; due = due.AddSeconds(seconds)) { rows.Add(Finished(job, due, "succeeded")); }
        }
        var (slow, next) = (rows.FindIndex(r => r.RunKey == Key("b", Start.AddSeconds(60))),
            rows.FindIndex(r => r.RunKey == Key("b", Start.AddSeconds(65))));
        rows[slow] = rows[slow] with { EndedAt = rows[slow].DueAt.AddSeconds(8) };
        rows[next] = rows[next] with { Verdict = "skipped", Reason = "overlap", Attempts = 0, Token = 0, StartedAt = null, Node = null };
        var lost = rows.FindIndex(r => r.RunKey == Key("a", Start.AddSeconds(100)));
        rows[lost] = rows[lost] with
        {
            Token = 3,
            Attempts = 2,
            Node = "n2",
            StartedAt = rows[lost].DueAt.AddSeconds(7),
            EndedAt = rows[lost].DueAt.AddSeconds(7.2),
        };
        var ran = rows.Where(r => r.Attempts > 0).ToList();
        var attempts = ran.Select(r => new LedgerAttempt(r.RunKey, r.Attempts, r.Token, r.Node, r.StartedAt, r.Verdict))
            .Append(new LedgerAttempt(rows[lost].RunKey, 1, 1, "n1", rows[lost].DueAt, "lost"));
        var effects = ran.Select(r => new Effect(r.RunKey, r.DueAt, r.Token, r.Node!, r.EndedAt!.Value.AddMilliseconds(-5)));
        return new History { Schedules = schedules, Rows = rows, Attempts = [.. attempts], Effects = [.. effects], ReadAt = ReadAt };
    }

    private static LedgerRow Finished(string job, DateTime due, string verdict) => new()
    {
        RunKey = Key(job, due),
        Job = job,
        DueAt = due,
        State = "finished",
        Verdict = verdict,
        Token = 1,
        Attempts = 1,
        Node = "n1",
        CreatedAt = due.AddMilliseconds(10),
        StartedAt = due.AddMilliseconds(10),
        EndedAt = due.AddMilliseconds(60),
    };

    // A row replaced by one that did not run, so without effect and attempts.
    private static History Replace(History history, LedgerRow row) => history with
    {
        Rows = [.. history.Rows.Select(r => r.RunKey == row.RunKey ? row : r)],
        Attempts = [.. history.Attempts.Where(a => a.RunKey != row.RunKey)],
        Effects = [.. history.Effects.Where(e => e.RunKey != row.RunKey)],
    };

    private static CheckReport Expect(History history, params Fault[] faults)
    {
        var report = Checker.Check(history);
        Assert.That(report.Findings.Keys, Is.EquivalentTo(faults), report.ToString());
        Assert.That(report.Ok, Is.False);
        return report;
    }

    private static List<T> With<T>(IReadOnlyList<T> list, int index, Func<T, T> change)
    {
        var copy = list.ToList();
        copy[index] = change(copy[index]);
        return copy;
    }

    private static List<T> Without<T>(IReadOnlyList<T> list, int index) => [.. list.Where((_, i) => i != index)];

    private static string Key(string job, DateTime due) => $"{job}@{due.ToString("yyyy-MM-ddTHH:mm:ss'Z'", CultureInfo.InvariantCulture)}";
}
