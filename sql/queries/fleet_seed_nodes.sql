-- Development only: nodes with a past.
--   $1 text       status
--   $2 interval   how long ago they were last seen (pending: made)
--   $3 int        how many
--   $4 int        nothing is made when this many such nodes are there already
-- Returns how many were made.
with made as (
    insert into fleet.node (name, status, last_seen_at, created_at)
    select 'simulated-' || $1 || '-' || left(gen_random_uuid()::text, 8), $1,
        case when $1 <> 'pending' then now() - $2::interval end,
        now() - $2::interval - case when $1 <> 'pending' then interval '1 day' else interval '0' end
    from generate_series(1, $3)
    where (select count(*) from fleet.node n
           where n.status = $1 and coalesce(n.last_seen_at, n.created_at) <= now() - $2::interval) < $4
    returning id
)
select count(*)::int from made
