-- Fire due triggers and enter their fires, in one statement that commits by itself: compare the row version, advance the trigger, and decide
-- as run_enter.sql does. This is only its beginning: the text of run_enter.sql from its line "decide" on follows, on the fires that were won here.
--   $1 to $8    as in run_enter.sql
--   $9 text[]   names of the triggers, in the order of the run keys
--   $10 text[]  their row versions (xmin) as read
--   $11 bigint[]   their next instants (ticks)
--   $12 text[]   where their rows stood (ctid)
-- Whoever comes second finds another row version, or the row locked, and skips it; so does a trigger whose gate somebody holds. Nothing waits here,
-- nothing fires twice, and what was skipped is read again a moment later. gates_keep.sql is sent before it, in the same transaction.
with asked as materialized (
    select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $9::text[], $10::text[]::xid[], $11::bigint[], $12::text[]::tid[])
        with ordinality as f (run_key, job, due_at, next_due_at, trigger_name, version, next_fire_time, place, n)
),
alive as materialized (
    select from scheduler_private.node n where n.lease_id = $7 and n.lease_until > clock_timestamp() and n.state <> 'stopped'
),
kept as materialized (select coalesce(current_setting('scheduler.gates_kept', true), '') = 'true' as yes),
seen as materialized (
    select g.job, g.version, g.enabled, (g.paused and coalesce(g.paused_until > clock_timestamp(), true)) as paused,
        g.overlap, g.missed, g.start_within, g.on_lost, g.priority, g.runs_on, g.active_key,
        g.concurrency_group, g.notify
    from scheduler_private.job_gate g where g.job in (select job from asked)
),
-- Nothing is decided by gates of before the commit of a pause, and where runs of a job take turns, one decision comes strictly after another: these
-- gates are locked, which also returns the newest. The others need no lock of their own while one lock keeps all as they are.
gate as materialized (
    -- Said so that the planner expects half of them: of a condition on a column it expects one, and of one a loop over all pairs.
    select s.* from seen s where case when s.overlap = 'allow' then (select yes from kept) else false end
    union all
    select * from (
        select g.job, g.version, g.enabled, (g.paused and coalesce(g.paused_until > clock_timestamp(), true)) as paused,
            g.overlap, g.missed, g.start_within, g.on_lost, g.priority, g.runs_on, g.active_key,
            g.concurrency_group, g.notify
        from scheduler_private.job_gate g
        where g.job in (select s.job from seen s where case when s.overlap = 'allow' then not (select yes from kept) else true end)
        order by g.job for no key update skip locked) locked
),
-- By the row's place: half as dear as by its key, and no plan to go wrong on a table that grew a moment ago. Whoever changed the row moved it away, and
-- what stands there now, if anything, has another name or version.
won as materialized (
    select a.run_key, a.job, a.due_at, a.next_due_at, a.next_fire_time, a.n, t.place
    from asked a cross join lateral (
        select t.ctid as place, t.xmin as version, t.trigger_state, t.execution_group from quartz.qrtz_triggers t
        where t.ctid = a.place and t.trigger_name = a.trigger_name and t.sched_name = 'scheduler' and t.trigger_group = 'jobs'
        for no key update of t skip locked) t
    where t.version = a.version and t.trigger_state = 'WAITING' and t.execution_group = 'fire'
        -- By the clock of the database, whatever this node's says: nothing starts early.
        and a.due_at <= clock_timestamp()
        and (a.job in (select g.job from gate g) or not exists (select from scheduler_private.job_gate x where x.job = a.job))
),
advanced as (
    update quartz.qrtz_triggers t
    set prev_fire_time = t.next_fire_time, next_fire_time = w.next_fire_time, misfire_orig_fire_time = null
    from won w
    where t.ctid = w.place
),
-- What is in the ledger already must not count as an overlap of the next one; where runs may overlap nobody asks.
fresh as materialized (
    select w.run_key, w.job, w.due_at, w.next_due_at, null::text as cause, w.n from won w
    where coalesce(w.job in (select g.job from gate g where g.overlap = 'allow'), false)
        or not exists (select from scheduler_private.run r where r.due_at = w.due_at and r.run_key = w.run_key)
),
