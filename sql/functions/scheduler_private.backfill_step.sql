-- Enter what may be entered now of the backfills under way.
-- Returns how many backfills are still under way. Safe to repeat and to call from several nodes at once.
create or replace function scheduler_private.backfill_step() returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    asked scheduler_private.backfill;
    gate scheduler_private.job_gate;
    alone boolean;
    batch integer;
    instant timestamptz;
    key text;
begin
    for asked in
        select b.* from scheduler_private.backfill b
        where b.state = 'entering' and b.next_at <= clock_timestamp() order by b.id limit 20 for update skip locked
    loop
        select g.* into gate from scheduler_private.job_gate g where g.job = asked.job for no key update;
        if not found then
            update scheduler_private.backfill b set state = 'refused', problem = 'the job was deleted' where b.id = asked.id;
            continue;
        end if;
        -- One at a time where a run that is there would forbid the next, or be cancelled by it.
        alone := gate.overlap = 'skip' or gate.supersedes;
        if alone and (gate.active_key is not null
            or exists (select from scheduler_private.run r where r.state in ('queued', 'running') and r.job = asked.job)) then
            update scheduler_private.backfill b set next_at = clock_timestamp() + interval '250 milliseconds' where b.id = asked.id;
            continue;
        end if;
        batch := case when alone or asked.spacing is not null then 1 else 500 end;
        foreach instant in array asked.due[asked.entered_count + 1 : asked.entered_count + batch] loop
            key := asked.job || '!backfill@' || to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
            insert into scheduler_private.run
                (run_key, job, due_at, state, version, priority, runs_on, on_lost, params, requested_by, concurrency_group)
            select key, asked.job, instant, 'queued', gate.version, gate.priority, gate.runs_on, gate.on_lost, nullif(j.params, '{}'),
                asked.requested_by, gate.concurrency_group
            from scheduler.job j where j.name = asked.job
            on conflict do nothing;
            if found and gate.overlap = 'skip' then
                update scheduler_private.job_gate g set active_key = key where g.job = asked.job;
            end if;
        end loop;
        update scheduler_private.backfill b
        set entered_count = least(b.entered_count + batch, cardinality(b.due)),
            state = case when b.entered_count + batch >= cardinality(b.due) then 'done' else 'entering' end,
            next_at = clock_timestamp() + coalesce(b.spacing, interval '0')
        where b.id = asked.id;
        perform pg_notify('scheduler_queued', '');
    end loop;
    return (select count(*) from scheduler_private.backfill b where b.state in ('asked', 'entering'));
end $$;
