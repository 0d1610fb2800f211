-- Lock configs that may be deleted, so that no new job can refer to them until the transaction ends.
--   $1 timestamptz   configs last used before this
--   $2 int           most configs
-- Returns their hashes. Skips configs a job is being added to at this moment.
select f.hash from fleet.config f
where f.last_used_at < $1 and not exists (select from fleet.job j where j.config_hash = f.hash)
limit $2
for update of f skip locked
