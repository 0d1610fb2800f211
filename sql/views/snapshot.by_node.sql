-- Each enabled node with its last snapshot. Expected is a node whose upload job was due once at least; missing_since is when the first run was due
-- that no complete upload has answered yet, null when the last one has one. What was due before a node was there is not expected of it.
create or replace view snapshot.by_node as
select n.name, n.protocol, n.schedule, j.name as job, last_due.due_at as last_due_at, last_due.verdict as last_verdict, last_due.reason as last_reason,
    done.id as last_completed_id, done.ended_at as last_completed_at, done.bytes as last_bytes, live.id as running_id, live.fraction as running_fraction,
    first_missing.due_at as missing_since,
    case when last_due.due_at is null then 'not due yet' when first_missing.due_at is null then 'uploaded'
         when live.id is not null then 'running' else 'missing' end as state
from snapshot.node n
left join lateral (
    select j.name from scheduler.job j where j.kind = 'snapshot.upload' and j.for_each is null and j.settings ->> 'node' = n.name limit 1) j on true
left join lateral (
    select r.due_at, r.verdict, r.reason from scheduler_private.run r
    where r.job = j.name and r.due_at <= clock_timestamp() order by r.due_at desc limit 1) last_due on true
left join lateral (
    select u.id, u.ended_at, u.bytes, scheduler_private.due_of(u.run_key) as due_at from snapshot.upload u
    where u.node = n.name and u.state = 'completed' order by scheduler_private.due_of(u.run_key) desc limit 1) done on true
left join lateral (
    select u.id, u.fraction from snapshot.upload u where u.node = n.name and u.state in ('starting', 'running') limit 1) live on true
left join lateral (
    select r.due_at from scheduler_private.run r
    where r.job = j.name and r.due_at > coalesce(done.due_at, '-infinity') and r.due_at <= clock_timestamp() and r.reason is distinct from 'disabled'
        -- Its own upload, or the one it found running.
        and not exists (select from snapshot.upload a where a.node = n.name and a.state = 'completed' and a.id::text = r.result ->> 'upload')
    order by r.due_at limit 1) first_missing on true
where n.enabled
order by n.name;
