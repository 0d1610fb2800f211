-- Claim queued runs for a node: highest priority first, then oldest.
--   free     slots free on the node
--   node, lease, labels   its name, lease and labels
-- Returns what the executor needs of each claimed run. The token grows by one: whoever had the run before can change it no more.
-- Runs of paused jobs wait, unless somebody asked for them by hand. Runs of a job whose gate somebody holds wait too, and others go ahead.
--
-- Runs in a concurrency group begin here and nowhere else. Who claims locks the groups that have queued runs first, before any row, in one order;
-- then, in a further statement, which sees what those before it have committed, counts what runs in each. So two claims never count the same place.
-- Who holds such a lock waits for nothing after it (all rows are taken with skip locked), so waiting for it is short and no circle can come up.
create or replace function scheduler_private.claim(free integer, node text, lease bigint, labels text[])
    returns table (run_key text, job text, due_at timestamptz, token bigint, attempts integer, version integer, params text)
language plpgsql volatile as $$
#variable_conflict use_column
declare
    groups text[];
    place record;
    -- Before the statement that decides.
    gates_kept constant boolean := scheduler_private.keep_gates();
begin
    -- One look at an empty index where no job is in a group.
    if exists (select from scheduler_private.job_gate g where g.concurrency_group is not null) then
        -- Found one after the other, each by its key: however many runs wait.
        with recursive waiting (name) as (
            (select min(r.concurrency_group) from scheduler_private.run r where r.concurrency_group is not null and r.state = 'queued')
            union all
            select (select min(r.concurrency_group) from scheduler_private.run r where r.concurrency_group > w.name and r.state = 'queued')
            from waiting w where w.name is not null
        )
        select array_agg(w.name order by w.name) into groups from waiting w where w.name is not null;
        -- By the lock's own number: two names may share one.
        for place in select distinct hashtext(g.name) as number from unnest(coalesce(groups, '{}')) g (name) order by 1 loop
            perform pg_advisory_xact_lock(hashtext('scheduler.group'), place.number);
        end loop;
    end if;
    return query
    with room as materialized (
        select g.name, greatest(0, coalesce(scheduler_private.group_limit(g.name), free)
            - (select count(*) from scheduler_private.run r where r.concurrency_group = g.name and r.state = 'running'))::integer as places
        from unnest(groups) g (name)
    ),
    -- Of each group as many as have room, so that those that have none hide nobody behind them.
    admitted as materialized (
        select a.due_at, a.run_key
        from room m cross join lateral (
            select r.due_at, r.run_key
            from scheduler_private.run r left join scheduler_private.job_gate s on s.job = r.job
            where r.concurrency_group = m.name and r.state = 'queued' and r.runs_on <@ labels and coalesce(r.only_node = claim.node, true) and r.due_at <= clock_timestamp()
                and (s.overlap is distinct from 'queue' or s.active_key is null or s.active_key = r.run_key)
                and (r.requested_by is not null or s.paused is not true or s.paused_until <= clock_timestamp())
            order by r.priority desc, r.due_at limit m.places) a
    ),
    candidate as materialized (
        select q.due_at, q.run_key, q.job, q.told, g.overlap, g.active_key, g.job is null as gone
        from (
            -- By the snapshot's gates first: what cannot begin anyhow is not locked. The order is kept by the loop that follows.
            -- What is part of a run was decided with it.
            select r.due_at, r.run_key, r.job, r.requested_by is not null as by_hand,
                (gates_kept and s.overlap = 'allow') or r.part_of is not null as known,
                -- Somebody wants to be told that it begins (notify_mask.sql).
                s.notify & 256 <> 0 as told
            from scheduler_private.run r left join scheduler_private.job_gate s on s.job = r.job
            where r.state = 'queued' and r.runs_on <@ labels and coalesce(r.only_node = claim.node, true) and r.due_at <= clock_timestamp()
                and exists (select from scheduler_private.node n
                            where n.lease_id = lease and n.lease_until > clock_timestamp() and n.state <> 'stopped')
                and (s.overlap is distinct from 'queue' or s.active_key is null or s.active_key = r.run_key or r.part_of is not null)
                and (r.requested_by is not null or r.part_of is not null or s.paused is not true or s.paused_until <= clock_timestamp())
                and (r.concurrency_group is null or (r.due_at, r.run_key) in (select a.due_at, a.run_key from admitted a)
                    -- A group that every job has left since limits nothing.
                    or not exists (select from scheduler_private.job_gate l where l.concurrency_group = r.concurrency_group))
            order by r.priority desc, r.due_at
            for update of r skip locked
        ) q
        -- The lock keeps a run from beginning after the commit of a pause, and turns in order; what it returns is the newest committed gate. Where
        -- runs may overlap the snapshot's gate is the newest already.
        left join lateral (
            select q.job, 'allow' as overlap, null as active_key, false as paused where q.known
            union all
            select * from (
                select g.job, g.overlap, g.active_key, g.paused and coalesce(g.paused_until > clock_timestamp(), true) as paused
                from scheduler_private.job_gate g where g.job = q.job and not coalesce(q.known, false) for no key update skip locked) locked
        ) g on true
        where case
            when g.job is null then not exists (select from scheduler_private.job_gate x where x.job = q.job)
            else (q.by_hand or not g.paused) and (g.overlap <> 'queue' or g.active_key is null or g.active_key = q.run_key)
        end
        limit free
    ),
    ranked as materialized (
        select c.*, row_number() over (partition by c.job order by c.due_at, c.run_key) as turn from candidate c
    ),
    taken as materialized (
        select r.* from ranked r where r.gone or r.overlap <> 'queue' or r.active_key = r.run_key or (r.active_key is null and r.turn = 1)
    ),
    held as (
        update scheduler_private.job_gate g set active_key = t.run_key
        from taken t where g.job = t.job and t.overlap = 'queue'
    ),
    begun as (
        update scheduler_private.run r
        set state = 'running', node = claim.node, owner = lease, token = r.token + 1, attempts = r.attempts + 1, started_at = clock_timestamp(),
            progress = null
        from taken t
        where r.due_at = t.due_at and r.run_key = t.run_key
        returning r.run_key, r.job, r.due_at, r.token, r.attempts, r.version, r.params::text, t.told
    ),
    noted as (
        insert into scheduler_private.outbox (event, job, run_key, due_at, channels)
        select 'start', b.job, b.run_key, b.due_at, scheduler_private.channels_of(b.job) from begun b where b.told
        returning pg_notify('scheduler_outbox', '')
    )
    select b.run_key, b.job, b.due_at, b.token, b.attempts, b.version, b.params from begun b;
end $$;
