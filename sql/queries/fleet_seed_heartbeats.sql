-- Development only: heartbeats of the past, of nodes that are there, spread evenly over a time.
--   $1 interval   age of the youngest
--   $2 interval   time they are spread over, before that
--   $3 int        how many
--   $4 int        nothing is made when this many of at least that age are there already
-- Returns how many were made.
with node as materialized (
    select n.id, row_number() over () - 1 as place, count(*) over () as total from fleet.node n where n.status <> 'pending' limit 1000
),
made as (
    insert into fleet.heartbeat (node_id, created_at)
    select node.id, now() - $1::interval - $2::interval * (beat::float8 / $3)
    from generate_series(1, $3) as beat join node on node.place = beat % node.total
    where (select count(*) from (select from fleet.heartbeat h where h.created_at <= now() - $1::interval limit $4) x) < $4
    returning 1
)
select count(*)::int from made
