-- Put running chunks claimed too long ago back to pending, oldest claim first. Their holders' late answers then count for nothing.
--   $1 interval   age of the claim; a claim of exactly this age stays
--   $2 int        most chunks
-- Returns how many. Skips chunks a worker is finishing at this moment.
with stale as materialized (
    select c.id from fleet.chunk c
    where c.status = 'running' and c.claimed_at < now() - $1::interval
    order by c.claimed_at limit $2
    for update skip locked
),
freed as (
    update fleet.chunk c set status = 'pending', node_id = null, claimed_at = null
    from stale where c.id = stale.id
    returning c.id
)
select count(*)::int from freed
