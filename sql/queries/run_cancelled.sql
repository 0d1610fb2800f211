-- Runs of this node that somebody has asked to end.
--   $1 bigint   this node's lease
-- Returns run key, token and reason.
select r.run_key, r.token, coalesce(r.cancel ->> 'reason', '') from scheduler_private.run r
where r.state = 'running' and r.owner = $1 and r.cancel is not null
