-- Trigger function of scheduler.job: number the version, keep the job's gate in step, tell the nodes.
-- next_fire_at and problem are written by the nodes themselves and make no new version.
create or replace function scheduler_private.job_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_when = 'BEFORE' then
        if (to_jsonb(new) - 'next_fire_at' - 'problem' - 'version' - 'updated_at' - 'source')
           is distinct from (to_jsonb(old) - 'next_fire_at' - 'problem' - 'version' - 'updated_at' - 'source') then
            new.version := old.version + 1;
            new.updated_at := clock_timestamp();
        end if;
        return new;
    end if;
    if scheduler_private.is_trial() then
        return null;
    end if;
    -- Held to the commit.
    perform scheduler_private.change_gates();
    if tg_op = 'DELETE' then
        perform scheduler_private.forget_failure(old.name, '{}');
        perform pg_notify('scheduler_jobs', old.name);
        return null;
    end if;
    if tg_op = 'UPDATE' and (old.notify <> new.notify or old.enabled <> new.enabled) then
        perform scheduler_private.forget_failure(new.name, case when new.enabled and scheduler_private.notify_mask(new.notify) & 1 <> 0
            then array(select jsonb_array_elements_text(new.notify -> 'to')) else '{}' end);
    end if;
    insert into scheduler_private.job_gate as g
        (job, version, enabled, paused, overlap, missed, start_within, on_lost, priority, runs_on, paused_until, supersedes,
            concurrency_group, concurrency_limit, notify)
    values (new.name, new.version, new.enabled, new.paused_at is not null, case new.overlap when 'cancel' then 'queue' else new.overlap end,
            new.missed, new.start_within,
            -- What runs on all nodes is made of parts; those are not run again, and what waits for them is.
            case when 'all' = any (new.runs_on) then 'rerun' else new.on_lost end, new.priority, new.runs_on, new.paused_until, new.overlap = 'cancel',
            new.concurrency ->> 'group', (new.concurrency ->> 'limit')::integer, scheduler_private.notify_mask(new.notify))
    on conflict (job) do update set
        version = excluded.version, enabled = excluded.enabled, paused = excluded.paused, overlap = excluded.overlap,
        missed = excluded.missed, start_within = excluded.start_within, on_lost = excluded.on_lost,
        priority = excluded.priority, runs_on = excluded.runs_on, paused_until = excluded.paused_until,
        supersedes = excluded.supersedes, concurrency_group = excluded.concurrency_group, concurrency_limit = excluded.concurrency_limit,
        notify = excluded.notify;
    perform pg_notify('scheduler_jobs', new.name);
    return null;
end $$;

create or replace trigger job_version before update on scheduler.job
    for each row execute function scheduler_private.job_changed();
create or replace trigger job_made after insert on scheduler.job
    for each row execute function scheduler_private.job_changed();
-- Only for a new version: what nodes note in the row (problem, next_fire_at) touches no gate.
create or replace trigger job_edited after update on scheduler.job
    for each row when (new.version <> old.version) execute function scheduler_private.job_changed();
create or replace trigger job_removed after delete on scheduler.job
    for each row execute function scheduler_private.job_changed();
