-- Leave triggers to Quartz that the engine does not know how to advance: last fires, calendars, other types.
--   $1 text[]   trigger names, $2 text[] their row versions (xmin) as read
-- A row somebody holds is left for the next pass.
with handed as materialized (
    select t.ctid as place
    from unnest($1::text[], $2::text[]::xid[]) as h (trigger_name, version) cross join lateral (
        select t.ctid, t.xmin as version from quartz.qrtz_triggers t
        where t.sched_name = 'scheduler' and t.trigger_group = 'jobs' and t.trigger_name = h.trigger_name and t.trigger_state = 'WAITING'
        for no key update of t skip locked) t
    where t.version = h.version
)
update quartz.qrtz_triggers t set execution_group = null from handed h where t.ctid = h.place
returning pg_notify('scheduler_quartz', '')
