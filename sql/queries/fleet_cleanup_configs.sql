-- Delete configs locked by fleet_cleanup_lock_configs.sql. A statement of its own: only its new snapshot shows jobs that were added
-- while the first one ran.
--   $1 text[]   hashes
-- Returns how many.
with gone as (
    delete from fleet.config f
    where f.hash = any ($1::text[]) and not exists (select from fleet.job j where j.config_hash = f.hash)
    returning f.hash
)
select count(*)::int from gone
