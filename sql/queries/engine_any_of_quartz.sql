-- Whether Quartz has anything to fire: a waiting trigger that is not the engine's and is due by an instant.
--   $1 bigint   ticks
select exists (
    select from quartz.qrtz_triggers t
    where t.sched_name = 'scheduler' and t.trigger_state = 'WAITING' and t.execution_group is distinct from 'fire' and t.next_fire_time <= $1
)
