-- The values of /metrics that belong to the cluster: metric, names of its labels, their values, value.
--   $1 int   most jobs that have values of their own
--   $2 interval   node.keep_runs
select 'scheduler.schedule.info' as metric, '{job.name,job.kind,job.owner,schedule,time_zone}'::text[] as names,
    array[j.name, j.kind, j.owner, left(j.schedule, 200), j.time_zone] as labels, 1::float8 as value
from (select j.name, j.kind, j.owner, j.schedule, j.time_zone from scheduler.job j left join scheduler_private.job_gate g on g.job = j.name
    where j.for_each is null order by (j.problem is null and coalesce(g.failures_in_row, 0) = 0), j.name limit $1) j
union all
select 'scheduler.jobs', '{state}', array[s.state], count(*)
from (select case when not j.enabled then 'disabled' when j.paused_at is not null and coalesce(j.paused_until > clock_timestamp(), true) then 'paused'
        when j.problem is not null then 'problem' else 'active' end as state from scheduler.job j) s group by s.state
union all
select 'scheduler.jobs.omitted', '{}', '{}', greatest(0, count(*) - $1) from scheduler.job j where j.for_each is null
union all
-- One that died and did not come back within a day was taken out of service without a word, here and below.
select 'scheduler.nodes', '{state}', array[s.state], count(n.name)
from (values ('live'), ('standby'), ('draining'), ('dead')) s (state)
left join scheduler.node n on n.state = s.state and n.renewed_at > clock_timestamp() - interval '1 day'
group by s.state
union all
select v.metric, v.names, v.labels, v.value
from scheduler.node n cross join lateral (values
    ('scheduler.node.info', '{node,version,host}'::text[], array[n.name, n.version, n.host], 1::float8),
    ('scheduler.node.state', '{node,state}', array[n.name, n.state], 1),
    ('scheduler.node.checkin.age', '{node}', array[n.name], extract(epoch from clock_timestamp() - n.renewed_at)),
    ('scheduler.node.slots', '{node,state}', array[n.name, 'used'], case when n.state <> 'dead' then n.running end),
    ('scheduler.node.slots', '{node,state}', array[n.name, 'free'], case when n.state <> 'dead' then greatest(0, n.slots - n.running) end),
    ('scheduler.node.clock.offset', '{node}', array[n.name], case when n.state <> 'dead' then n.clock_offset_ms / 1000.0 end)
) v (metric, names, labels, value)
where n.state <> 'stopped' and n.renewed_at > clock_timestamp() - interval '1 day'
union all
select v.metric, '{}', '{}', v.value
from (select count(*) as waiting, coalesce(extract(epoch from clock_timestamp() - min(r.due_at)), 0) as age
    from scheduler_private.run r where r.state = 'queued' and r.due_at <= clock_timestamp()) q
cross join lateral (values ('scheduler.backlog', q.waiting::float8), ('scheduler.backlog.oldest.age', greatest(0, q.age)::float8)) v (metric, value)
union all
-- When a wait began is not known; a session's statement began before it.
select 'scheduler.lock.wait', '{lock}', array[k.lock], coalesce(max(extract(epoch from clock_timestamp() - a.query_start)), 0)
from (values ('relation'), ('tuple'), ('transactionid'), ('advisory')) k (lock)
left join pg_stat_activity a on a.wait_event_type = 'Lock' and a.wait_event = k.lock and a.application_name like 'scheduler %'
    and a.datname = current_database()
group by k.lock
union all
select 'scheduler.history.rows', '{}', '{}', greatest(0, sum(c.reltuples))
from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'scheduler_private.run'::regclass
union all
select 'scheduler.history.sweep.lag', '{}', '{}', greatest(0, extract(epoch from clock_timestamp() - min(p.until_at) - $2::interval))
from scheduler_private.run_partitions() p where p.from_at > '-infinity'
union all
select 'scheduler.fleet.nodes', '{status}', array[s.status], count(n.id)
from (values ('pending'), ('online'), ('offline')) s (status) left join fleet.node n on n.status = s.status group by s.status
union all
select 'scheduler.fleet.chunks', '{status}', array[s.status],
    case s.status when 'pending' then (select count(*) from fleet.chunk c where c.status = 'pending')
        else (select count(*) from fleet.chunk c where c.status = 'running') end
from (values ('pending'), ('running')) s (status)
union all
select 'scheduler.fleet.chunks.overdue', '{}', '{}', count(*)
from fleet.chunk c where c.status = 'running' and c.claimed_at < clock_timestamp() - interval '10 minutes'
