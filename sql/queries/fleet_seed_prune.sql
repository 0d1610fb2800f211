-- Development only: keep the simulated fleet small. Leaves alone what the maintenance jobs are to find.
--   $1 int        newest finished jobs to keep, with their chunks
--   $2 int        offline nodes seen in the last 30 days to keep
--   $3 interval   age of the oldest heartbeats to keep, of those younger than 30 days
-- Returns how many rows went. At most 1000 jobs, 1000 nodes and 20000 heartbeats go at once.
with job as (
    delete from fleet.job j where j.id in (
        select o.id from fleet.job o
        where not exists (select from fleet.chunk c where c.job_id = o.id and c.status in ('pending', 'running'))
        order by o.created_at desc offset $1 limit 1000)
    returning 1
),
node as (
    delete from fleet.node n where n.id in (
        select o.id from fleet.node o
        where o.status = 'offline' and o.last_seen_at > now() - interval '30 days'
            and not exists (select from fleet.chunk c where c.node_id = o.id and c.status = 'running')
        order by o.last_seen_at desc offset $2 limit 1000)
    returning 1
),
heartbeat as (
    delete from fleet.heartbeat h where h.ctid = any (array(
        select o.ctid from fleet.heartbeat o
        where o.created_at > now() - interval '30 days' and o.created_at < now() - $3::interval limit 20000))
    returning 1
)
select (select count(*) from job)::int + (select count(*) from node)::int + (select count(*) from heartbeat)::int
