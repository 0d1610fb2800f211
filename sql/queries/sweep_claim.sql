-- Take the next jobs to look at for drift, by name: declared ones, and those that only Quartz knows. And those whose triggers are out of service.
--   $1 int        most of the next jobs
--   $2 interval   time between the ends of two rounds
--   $3 interval   time between two takes of one round
-- Returns their names; none while it is another's turn or too early. One row of the table: the node that locks it has the turn. None either while a
-- node of version 0.1.0 is live: it stores crons as triggers of Quartz's own and would put back what this build stores, and this build again.
with turn as materialized (
    select s.after_name from scheduler_private.sweep s where s.due_at <= clock_timestamp() and not exists (
        select from scheduler_private.node n where n.version = '0.1.0' and n.state <> 'stopped' and n.lease_until > clock_timestamp())
    for update skip locked
),
next as materialized (
    select n.name from turn t cross join lateral (
        (select j.name from scheduler.job j where j.name > t.after_name order by j.name limit $1)
        union
        (select d.job_name from quartz.qrtz_job_details d
         where d.sched_name = 'scheduler' and d.job_group = 'jobs' and d.job_name > t.after_name order by d.job_name limit $1)
        order by 1 limit $1
    ) n
),
taken as (
    update scheduler_private.sweep s
    set after_name = case when (select count(*) from next) < $1 then '' else (select max(n.name) from next n) end,
        due_at = clock_timestamp() + case when (select count(*) from next) < $1 then $2::interval else $3::interval end
    from turn t
)
select n.name from next n
union
-- Our jobs may run at the same time, and a pause stands in scheduler.job: Quartz has no reason for any of these.
(select t.job_name from turn cross join quartz.qrtz_triggers t
 where t.sched_name = 'scheduler' and t.trigger_group = 'jobs'
    and t.trigger_state in ('ERROR', 'BLOCKED', 'PAUSED', 'PAUSED_BLOCKED', 'COMPLETE', 'DELETED')
 limit $1)
