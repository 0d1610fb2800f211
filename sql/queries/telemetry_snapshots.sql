-- The values of /metrics that belong to snapshots, as in telemetry_cluster.sql: metric, names of its labels, their values, value.
--   $1 int   most nodes that have values of their own, those whose snapshot is missing first
-- What a node said of itself is as old as its last upload.
select v.metric, '{job.name,snapshot.node}'::text[] as names, array[s.job, s.name] as labels, v.value::float8 as value
from (select n.* from snapshot.by_node n order by (n.missing_since is null), n.name limit $1) s
left join snapshot.upload u on u.id = s.running_id
left join lateral (
    select m.height, m.sync_distance, m.peers from snapshot.node_metric m where m.node = s.name order by m.at desc limit 1) said on true
cross join lateral (values
    ('scheduler.snapshot.upload.missing', extract(epoch from clock_timestamp() - s.missing_since)),
    ('scheduler.snapshot.upload.last_completed.time', extract(epoch from s.last_completed_at)),
    ('scheduler.snapshot.upload.size', s.last_bytes),
    ('scheduler.snapshot.upload.progress', u.fraction),
    ('scheduler.snapshot.upload.transferred', u.bytes),
    ('scheduler.snapshot.upload.quiet', extract(epoch from clock_timestamp() - coalesce(u.moved_at, u.started_at, u.wanted_at))),
    ('scheduler.snapshot.height', said.height),
    ('scheduler.snapshot.sync_distance', said.sync_distance),
    ('scheduler.snapshot.peers', said.peers)
) v (metric, value)
union all
select 'scheduler.snapshot.uploads', '{state}', array[s.state], case s.state
    when 'resuming' then (select count(*) from snapshot.upload u where u.resume_at is not null)
    else (select count(*) from snapshot.upload u where u.state in ('starting', 'running') and u.state = s.state) end
from (values ('starting'), ('running'), ('resuming')) s (state)
