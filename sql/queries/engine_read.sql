-- Triggers of the engine's group that are due soon, earliest first, with the row version and place that the firing statement compares. Takes no locks.
--   $1 bigint   due up to this instant (ticks)
--   $2 int      most rows
--   $3 int, $4 int   number of live nodes and this node's rank among them: each node reads its own share of the jobs
--   $5 int, $6 int   parts this node divides its share into, and which one is asked for
--   $7 bigint   due up to this instant (ticks) whosever share: its node is dead, frozen or far behind this one
--   $8 bigint   due up to this instant (ticks) is a backlog. It is shared out by the rows' places, so that a statement of thousands changes rows that
--               stand together, and their keys: 8 % cheaper for the server than rows from all
--               over the table. Shares by job give each node its part of any few.
-- Rows that Quartz has in hand (other states), or that were handed to it (other groups), are not seen.
select d.trigger_name, d.job_name, d.next_fire_time, d.misfire_orig_fire_time, d.start_time, d.end_time, d.trigger_type,
    coalesce(c.cron_expression, p.str_prop_1) as cron, coalesce(c.time_zone_id, p.time_zone_id) as zone, s.repeat_interval, s.repeat_count,
    d.version, d.is_special, d.is_own,
    -- Of a part that Quartz's own triggers cannot say: how much later it is due, and what it counts from.
    p.int_prop_1, p.long_prop_1, d.place::text
from (
    select n.*, n.bucket % $3 = $4 as is_own from (
        -- Without the shares, whose number of rows the planner cannot guess: so it goes by the index in the order of time and stops. Half as many
        -- again as one share of one part has on average; when others' rows fill all of it, they are late, and soon anybody's. Row by row from here
        -- to the end, nothing is kept on the way: behind, this is thousands of rows at each look.
        select t.ctid as place, t.trigger_name, t.job_name, t.next_fire_time, t.misfire_orig_fire_time, t.start_time, t.end_time,
            t.trigger_type, t.xmin as version,
            case when t.next_fire_time <= $8 then (get_byte(tidsend(t.ctid), 2) * 256 + get_byte(tidsend(t.ctid), 3)) >> 2
                else hashtext(t.job_name) & 1048575 end as bucket,
            -- What Quartz alone knows how to honour.
            t.calendar_name is not null or t.misfire_instr is distinct from -1 or coalesce(t.fixed_delay, false)
                or coalesce(t.overlap_policy, 0) <> 0 or t.preferred_node is not null or t.retry_policy is not null
                or t.continues_trigger_name is not null as is_special
        from quartz.qrtz_triggers t
        where t.sched_name = 'scheduler' and t.trigger_state = 'WAITING' and t.trigger_group = 'jobs' and t.execution_group = 'fire'
            and t.next_fire_time <= $1
        order by t.next_fire_time
        limit $2 * $3 * $5 * 3 / 2
    ) n
    where n.next_fire_time <= $7 or (n.bucket % $3 = $4 and (n.bucket / $3) % $5 = $6)
    order by n.next_fire_time
    limit $2) d
-- Each by its key, whatever the planner believes of these tables: it preferred to merge with all of their rows.
left join lateral (
    select c.cron_expression, c.time_zone_id from quartz.qrtz_cron_triggers c
    where d.trigger_type = 'CRON' and c.sched_name = 'scheduler' and c.trigger_name = d.trigger_name and c.trigger_group = 'jobs' limit 1) c on true
left join lateral (
    select s.repeat_interval, s.repeat_count from quartz.qrtz_simple_triggers s
    where d.trigger_type = 'SIMPLE' and s.sched_name = 'scheduler' and s.trigger_name = d.trigger_name and s.trigger_group = 'jobs' limit 1) s on true
left join lateral (
    select p.str_prop_1, p.time_zone_id, p.int_prop_1, p.long_prop_1 from quartz.qrtz_simprop_triggers p
    where d.trigger_type = 'PART' and p.sched_name = 'scheduler' and p.trigger_name = d.trigger_name and p.trigger_group = 'jobs' limit 1) p on true
order by d.next_fire_time
