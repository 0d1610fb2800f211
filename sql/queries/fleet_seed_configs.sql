-- Development only: configs no job uses.
--   $1 interval   how long ago they were last used
--   $2 int        how many
--   $3 int        nothing is made when this many such configs are there already
-- Returns how many were made.
with made as (
    insert into fleet.config (hash, last_used_at, created_at)
    select 'simulated-old-' || left(gen_random_uuid()::text, 8), now() - $1::interval, now() - $1::interval
    from generate_series(1, $2)
    where (select count(*) from fleet.config f where f.last_used_at <= now() - $1::interval) < $3
    returning hash
)
select count(*)::int from made
