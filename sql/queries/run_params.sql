-- Write down the params that the part of the schedule gives which made a run due.
--   $1 text, $2 timestamptz, $3 bigint, $4 bigint   run key, due time, token, this node's lease
--   $5 text   the params, all of them (json)
-- Changes nothing when the run is no longer this node's.
update scheduler_private.run r set params = $5::jsonb
where r.due_at = $2 and r.run_key = $1 and r.token = $3 and r.owner = $4 and r.verdict is null
