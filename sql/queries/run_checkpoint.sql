-- Write a run's progress and how far it has come. Also a fence: no row back means the run is no longer this node's and its work must stop.
--   $1 text, $2 timestamptz, $3 bigint, $4 bigint   run key, due time, token, this node's lease
--   $5 text, $6 text   progress and checkpoint as json
update scheduler_private.run r set progress = $5::jsonb, checkpoint = $6::jsonb
where r.due_at = $2 and r.run_key = $1 and r.token = $3 and r.owner = $4 and r.verdict is null
returning r.run_key
