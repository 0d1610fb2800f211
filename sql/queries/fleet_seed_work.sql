-- Development only: new jobs with chunks, unless enough chunks are waiting.
--   $1 int   jobs
--   $2 int   chunks of each
--   $3 int   configs the jobs share; each becomes used now
--   $4 int   nothing is made when this many chunks are pending
-- Returns how many chunks were made.
with wanted as materialized (
    select n from generate_series(1, $1) as n
    where (select count(*) from (select from fleet.chunk c where c.status = 'pending' limit $4) x) < $4
),
job as (
    insert into fleet.job (config_hash)
    select 'simulated-' || floor(random() * $3)::int from wanted
    returning id, config_hash
),
config as (
    insert into fleet.config (hash) select distinct j.config_hash from job j order by 1
    on conflict (hash) do update set last_used_at = clock_timestamp()
    returning hash
),
chunk as (
    insert into fleet.chunk (job_id, payload)
    select j.id, jsonb_build_object('part', part) from job j, generate_series(1, $2) as part
    returning id
)
select count(*)::int from chunk
