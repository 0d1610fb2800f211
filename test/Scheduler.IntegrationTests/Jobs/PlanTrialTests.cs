using Npgsql;
using NUnit.Framework;

namespace Scheduler.IntegrationTests.Jobs;

/// <summary>A plan is tried on the database and taken back: what 'apply' would refuse, 'plan' refuses, with its place in the files.</summary>
[TestFixture]
public sealed class PlanTrialTests : FilesFixture
{
    // A constraint of the site's own: no file check knows of it.
    [Test]
    public async Task What_only_the_database_refuses_is_refused_by_the_plan_at_its_place_and_by_apply_alike()
    {
        await Db.Execute("alter table scheduler.job add constraint no_weekends check (schedule not like '%SAT%')");
        Files.Write("a.yaml", """
            jobs:
              good: { kind: sql, with: { statement: select 1 } }
              bad:
                kind: sql
                with: { statement: select 1 }
                schedule: 0 3 * * SAT
              behind: { kind: sql, with: { statement: select 1 }, schedule: after bad }
            """);
        var plan = await Files.Plan();
        Assert.That(plan.Refusals, Has.Count.EqualTo(1));
        Assert.That(plan.Refusals[0], Does.Match("a.yaml:3:3: job 'bad' is not as 'no_weekends' of the database wants it: .*no_weekends"));
        Assert.That(plan.NotTried, Is.Null);
        Assert.That(await Db.Value<long>("select count(*) from scheduler.job"), Is.Zero);

        var refused = await Assert.ThrowsAsync<Scheduler.Database.OperatorException>(() => Files.Apply());
        Assert.That(refused!.Message, Does.Match("a.yaml:3:3: job 'bad' .*no_weekends"));
        Assert.That((refused.ExitCode, await Db.Value<long>("select count(*) from scheduler.job")), Is.EqualTo((5, 0L)));
    }

    [Test]
    public async Task Several_refusals_are_told_at_once_each_at_its_value()
    {
        await Db.Execute("""
            create function public.no_owner() returns trigger language plpgsql as $$
            begin
                if new.owner = 'nobody' then
                    perform scheduler_private.refuse(new.name, 'owner', format('owner is %s; expected a team', new.owner));
                end if;
                return new;
            end $$;
            create trigger no_owner before insert on scheduler.job for each row execute function public.no_owner();
            """);
        Files.Write("a.yaml", """
            jobs:
              one:
                kind: sql
                with: { statement: select 1 }
                owner: nobody
              two: { kind: sql, with: { statement: select 1 } }
              three: { kind: sql, with: { statement: select 1 }, owner: nobody }
            """);
        var refusals = (await Files.Plan()).Refusals.Order().ToList();
        Assert.That(refusals, Has.Count.EqualTo(2));
        Assert.That(refusals[0], Does.EndWith("a.yaml:5:12: job 'one': owner is nobody; expected a team"));
        Assert.That(refusals[1], Does.EndWith("a.yaml:7:61: job 'three': owner is nobody; expected a team"));
    }

    [Test]
    public async Task A_deletion_is_tried_too()
    {
        Files.Jobs("a.yaml", ("one", ""), ("two", "schedule: after one"), ("three", ""));
        await Files.Apply();
        await Db.Execute("insert into scheduler.job (name, kind, schedule, settings)"
            + " values ('made', 'sql', 'after one', '{\"statement\": \"select 1\"}')");
        Files.Jobs("a.yaml", ("three", ""));
        var plan = await Files.Plan();
        Assert.That((plan.Deleted.Count, plan.NotTried), Is.EqualTo((2, (string?)null)));
        Assert.That(plan.Refusals,
            Is.EqualTo(["job 'one': job 'made' runs after it; expected its schedule changed, or both deleted, in one statement"]));
        Assert.That(await Db.Value<long>("select count(*) from scheduler.job"), Is.EqualTo(4));
    }

    [Test]
    public async Task A_trial_waits_for_no_one_for_long_and_says_that_it_was_not_tried()
    {
        Files.Jobs("a.yaml", ("one", "priority: 1"));
        await Files.Apply();
        Files.Jobs("a.yaml", ("one", "priority: 2"));
        await using var other = new NpgsqlConnection(Db.ConnectionString);
        await other.OpenAsync();
        await using var holding = await other.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("select from scheduler.job for update", other)) { await hold.ExecuteNonQueryAsync(); }
        var plan = await Files.Plan();
        Assert.That((plan.Changed.Count, plan.Refusals.Count, plan.NotTried), Is.EqualTo((1, 0, "canceling statement due to lock timeout")));
    }

    [Test]
    public async Task A_trial_locks_and_changes_no_gate_and_cannot_be_committed()
    {
        Files.Jobs("a.yaml", ("one", "priority: 1"));
        await Files.Apply();
        await using var trying = new NpgsqlConnection(Db.ConnectionString);
        await trying.OpenAsync();
        await using var trial = await trying.BeginTransactionAsync();
        await using (var edit = new NpgsqlCommand("select scheduler.begin_trial(); update scheduler.job set priority = 9, enabled = false", trying))
        {
            await edit.ExecuteNonQueryAsync();
        }
        Assert.That(await Db.Value<bool>("select scheduler_private.keep_gates()"), Is.True, "who decides on runs does not notice");
        Assert.That(await Db.Value<long>("select count(*) from (select from scheduler_private.job_gate for update skip locked) g"), Is.EqualTo(1));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => trial.CommitAsync());
        Assert.That(refused!.MessageText, Does.Contain("only tries edits"));
        Assert.That(await Db.Value<short>("select priority from scheduler.job"), Is.EqualTo(1));
    }
}
