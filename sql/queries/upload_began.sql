-- The agent has begun; the monitor is told.
--   $1 bigint, $2 bigint          upload and token of who asked it
--   $3 text, $4 text, $5 text     the agent's job, process and time of start, as it names them
--   $6 text                       the group it belongs to
-- Returns 1; 0 when somebody else has the upload by now.
with began as (
    update snapshot.upload u
    set state = 'running', agent_job = $3, agent_process = $4, agent_started = $5, agent_group = $6, started_at = coalesce(u.started_at, clock_timestamp()),
        seen_at = clock_timestamp(), moved_at = clock_timestamp(), activity = 0, reason = null, error = null, problem = null
    where u.id = $1 and u.token = $2 and u.state = 'starting'
    returning pg_notify('snapshot_upload', u.id::text)   -- the monitor need not wait for its minute
)
select count(*)::int from began
