-- Note that an attempt failed and another one of the same run begins on the same node.
--   $1 text, $2 timestamptz, $3 bigint, $4 bigint   run key, due time, token, this node's lease
--   $5 text   the error of the attempt that failed
-- Returns the number of the attempt that begins now; no row: the run is no longer this node's.
update scheduler_private.run r
set attempts = r.attempts + 1,
    past_attempts = r.past_attempts || jsonb_build_object('attempt', r.attempts, 'token', r.token, 'node', r.node,
        'started_at', coalesce((r.past_attempts -> -1 ->> 'ended_at')::timestamptz, r.started_at), 'ended_at', clock_timestamp(),
        'outcome', 'failed', 'error', $5::text)
where r.due_at = $2 and r.run_key = $1 and r.token = $3 and r.owner = $4 and r.verdict is null
returning r.attempts
