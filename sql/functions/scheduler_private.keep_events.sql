-- What parts of schedules need that wait for events and that no event brings. Each node calls it about once a second; one at a time does the work.
-- Returns how many fires it made.
--
-- "every 5m after end": a job with such a part that is enabled and not paused, has no live run and no fire on its way is due that long after the
-- end of its last run, or after it was made, enabled or resumed if that is later. Said of how things stand and not chained from run to run, so that
-- nothing that ends, skips or loses a run can lose the next one. Known within a second or two of the end; the instant counts from the end itself.
create or replace function scheduler_private.keep_events() returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
    -- A fire that was skipped or missed has its row in the ledger, and the latest rows of a job are looked at.
    runs_looked_at constant integer := 10;
    -- So that one look stays short; the others are found by the next.
    fires_max constant integer := 1000;
    made integer;
begin
    perform scheduler_private.end_parts();
    if not exists (select from scheduler_private.subscription s where s.event = 'end')
        and not exists (select from scheduler_private.gathering) then
        return 0;
    end if;
    if not pg_try_advisory_xact_lock(hashtext('scheduler.events')) then
        return 0;
    end if;
    -- A run by hand that ended later begins the wait anew.
    delete from scheduler_private.event e using scheduler_private.subscription s, scheduler_private.job_gate g
    where s.event = 'end' and e.job = s.job and e.part = s.part and g.job = s.job and e.due_at > clock_timestamp()
        and e.due_at < g.last_ended_at + s.delay;
    with idle as materialized (
        select s.job, s.part, s.mark, s.delay + greatest(s.since, case when j.paused_until <= clock_timestamp() then j.paused_until end,
            g.last_ended_at, last.ended_at) as due_at
        from scheduler_private.subscription s
        join scheduler.job j on j.name = s.job
        join scheduler_private.job_gate g on g.job = s.job
        left join lateral (
            select max(l.ended_at) as ended_at from (
                select r.ended_at from scheduler_private.run r where r.job = s.job order by r.due_at desc limit runs_looked_at) l) last on true
        where s.event = 'end' and j.enabled and (j.paused_at is null or j.paused_until <= clock_timestamp())
            and not exists (select from scheduler_private.event e where e.job = s.job and e.part = s.part)
            and not exists (select from scheduler_private.run r where r.job = s.job and r.state <> 'finished')
        limit fires_max
    ),
    fire as materialized (
        select i.job, i.part, i.due_at, scheduler_private.event_key(i.job, i.due_at, 'end' || i.mark) as run_key from idle i
    ),
    -- That very fire is in the ledger, and nothing later is known to have ended: it counts from now on.
    known as (
        update scheduler_private.subscription s set since = clock_timestamp()
        from fire f
        where s.event = 'end' and s.job = f.job
            and exists (select from scheduler_private.run r where r.due_at = f.due_at and r.run_key = f.run_key)
        returning s.job
    )
    insert into scheduler_private.event (run_key, job, due_at, cause, part)
    select f.run_key, f.job, f.due_at, 'end', f.part from fire f where f.job not in (select k.job from known k)
    on conflict do nothing;
    get diagnostics made = row_count;
    if made > 0 then
        perform pg_notify('scheduler_events', '');
    end if;
    delete from scheduler_private.gathering g where not exists (select from scheduler_private.subscription s where s.gathering = g.id);
    return made;
end $$;
