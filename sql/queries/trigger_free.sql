-- Free triggers that a node reserved and never fired: their reservation is over when they are due since 10 s. Quartz itself frees those of
-- dead nodes only, so that one whose living node lost sight of it would stand still for ever.
-- A node that comes to one of them late finds it taken back and leaves it; were it fired twice, its run key is one row in the ledger.
--   $1 int    most triggers freed by one call
--   $2 text   this node, for the note in scheduler.healed
-- Returns their names. Also gives Quartz what is its own: the triggers by which it fires what a dead node had in hand inherit the mark of the
-- engine, which knows nothing of them.
with recovery as (
    update quartz.qrtz_triggers t set execution_group = null
    where t.sched_name = 'scheduler' and t.trigger_state = 'WAITING' and t.execution_group = 'fire' and t.trigger_group = 'RECOVERING_JOBS'
    returning pg_notify('scheduler_quartz', '')
),
stuck as materialized (
    select t.ctid as place, t.trigger_name, t.job_name, t.next_fire_time from quartz.qrtz_triggers t
    where t.sched_name = 'scheduler' and t.trigger_state = 'ACQUIRED'
        and t.next_fire_time < (extract(epoch from clock_timestamp() - interval '10 seconds') * 10000000)::bigint + 621355968000000000
    limit $1
    for no key update of t skip locked
),
noted as (
    insert into scheduler_private.healed (node, job, trigger, what, before)
    select $2, s.job_name, s.trigger_name, 'reserved and never fired', jsonb_build_object('state', 'ACQUIRED', 'next_fire_at',
        timestamptz 'epoch' + (s.next_fire_time - 621355968000000000) / 10 * interval '1 microsecond')
    from stuck s
)
update quartz.qrtz_triggers t set trigger_state = 'WAITING' from stuck s where t.ctid = s.place
returning t.trigger_name, pg_notify('scheduler_quartz', '')
