-- Triggers of the engine's group that are due soon, with the row version that the firing statement compares. Takes no locks.
--   $1 bigint   due up to this instant (ticks)
--   $2 int      most rows
--   $3 int, $4 int   number of live nodes and this node's rank among them: each node reads its own share of the jobs
--   $5 int, $6 int   parts this node divides its share into, and which one is asked for
--   $7 bigint   due up to this instant (ticks) whosever share: its node is dead, frozen or busy
-- Rows that Quartz has in hand (other states), or that were handed to it (other groups), are not seen.
select t.trigger_name, t.job_name, t.next_fire_time, t.misfire_orig_fire_time, t.start_time, t.end_time, t.trigger_type,
    coalesce(c.cron_expression, p.str_prop_1), coalesce(c.time_zone_id, p.time_zone_id), s.repeat_interval, s.repeat_count, t.xmin,
    -- What Quartz alone knows how to honour.
    t.calendar_name is not null or t.misfire_instr <> -1 or coalesce(t.fixed_delay, false) or coalesce(t.overlap_policy, 0) <> 0
        or t.preferred_node is not null or t.retry_policy is not null or t.continues_trigger_name is not null as is_special,
    -- Of a part that Quartz's own triggers cannot say: how much later it is due, and what it counts from.
    p.int_prop_1, p.long_prop_1
from quartz.qrtz_triggers t
left join quartz.qrtz_cron_triggers c on t.trigger_type = 'CRON'
    and c.sched_name = t.sched_name and c.trigger_name = t.trigger_name and c.trigger_group = t.trigger_group
left join quartz.qrtz_simple_triggers s on t.trigger_type = 'SIMPLE'
    and s.sched_name = t.sched_name and s.trigger_name = t.trigger_name and s.trigger_group = t.trigger_group
left join quartz.qrtz_simprop_triggers p on t.trigger_type = 'PART'
    and p.sched_name = t.sched_name and p.trigger_name = t.trigger_name and p.trigger_group = t.trigger_group
where t.sched_name = 'scheduler' and t.trigger_state = 'WAITING' and t.trigger_group = 'jobs' and t.execution_group = 'fire' and t.next_fire_time <= $1
    and (t.next_fire_time <= $7
        or ((hashtext(t.job_name) & 1023) % $3 = $4 and ((hashtext(t.job_name) >> 10) & 1023) % $5 = $6))
order by t.next_fire_time
limit $2
