-- overlap: cancel. Where a later fire of such a job waits, ask the run that has the job to end, and end those that wait before the latest.
-- Returns how many runs were asked or ended. Safe to repeat and to call from several nodes at once. Costs one look at an empty index where no job
-- is declared so.
create or replace function scheduler_private.supersede() returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    held record;
    latest timestamptz;
    count integer := 0;
    ended integer;
begin
    for held in
        select g.job, g.active_key, scheduler_private.due_of(g.active_key) as due_at
        from scheduler_private.job_gate g where g.supersedes and g.active_key is not null order by g.job
    loop
        select max(r.due_at) into latest from scheduler_private.run r
        where r.job = held.job and r.due_at > held.due_at and r.state = 'queued';
        continue when latest is null;
        update scheduler_private.run r
        set cancel = jsonb_build_object('at', clock_timestamp(), 'by', 'scheduler', 'reason', 'a later fire takes its place')
        where r.due_at = held.due_at and r.run_key = held.active_key and r.state = 'running' and r.cancel is null;
        get diagnostics ended = row_count;
        if ended > 0 then perform pg_notify('scheduler_cancel', held.active_key); end if;
        count := count + ended;
        -- Waiting ones hold no gate: only the one that runs has it.
        update scheduler_private.run r
        set state = 'finished', verdict = 'cancelled', reason = 'a later fire takes its place', ended_at = clock_timestamp(), token = r.token + 1
        where r.job = held.job and r.due_at > held.due_at and r.due_at < latest and r.state = 'queued';
        get diagnostics ended = row_count;
        count := count + ended;
    end loop;
    return count;
end $$;
