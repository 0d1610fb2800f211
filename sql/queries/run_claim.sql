-- Claim queued runs for this node, see scheduler_private.claim.
--   $1 int       slots free on this node
--   $2 text, $3 bigint, $4 text[]   this node's name, lease and labels
-- Returns what the executor needs of each claimed run.
select c.run_key, c.job, c.due_at, c.token, c.attempts, c.version, c.params from scheduler_private.claim($1, $2, $3, $4) c
