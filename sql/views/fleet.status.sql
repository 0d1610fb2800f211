-- The fleet in one row: how many of each, and what maintenance has still to do. "Due" counts use the thresholds of the jobs as
-- shipped (5 minutes, 1 hour, 30 days, 7 days). Heartbeats are too many to count; their oldest and newest are shown.
create or replace view fleet.status as
select n.nodes_pending, n.nodes_online, n.nodes_offline,
    c.chunks_pending, c.chunks_running, c.chunks_done, c.chunks_failed, c.oldest_pending_at,
    (select count(*) from fleet.job) as jobs,
    f.configs,
    c.chunks_to_reclaim, n.nodes_to_mark_offline, n.nodes_to_delete, f.configs_to_delete,
    (select min(h.created_at) from fleet.heartbeat h) as oldest_heartbeat_at,
    (select max(h.created_at) from fleet.heartbeat h) as newest_heartbeat_at
from (
    select count(*) filter (where x.status = 'pending') as nodes_pending,
        count(*) filter (where x.status = 'online') as nodes_online,
        count(*) filter (where x.status = 'offline') as nodes_offline,
        count(*) filter (where x.status = 'online' and x.last_seen_at < now() - interval '5 minutes') as nodes_to_mark_offline,
        count(*) filter (where (x.status = 'pending' and x.user_id is null and x.created_at < now() - interval '1 hour')
            or (x.status = 'offline' and x.last_seen_at < now() - interval '30 days')) as nodes_to_delete
    from fleet.node x) n,
    (
    select count(*) filter (where x.status = 'pending') as chunks_pending,
        count(*) filter (where x.status = 'running') as chunks_running,
        count(*) filter (where x.status = 'done') as chunks_done,
        count(*) filter (where x.status = 'failed') as chunks_failed,
        count(*) filter (where x.status = 'running' and x.claimed_at < now() - interval '5 minutes') as chunks_to_reclaim,
        min(x.created_at) filter (where x.status = 'pending') as oldest_pending_at
    from fleet.chunk x) c,
    (
    select count(*) as configs,
        count(*) filter (where x.last_used_at < now() - interval '7 days'
            and not exists (select from fleet.job j where j.config_hash = x.hash)) as configs_to_delete
    from fleet.config x) f;
