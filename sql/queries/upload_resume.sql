-- Begin the next attempt of an upload that is to be resumed. Of several who try one gets it. Where another upload of its node runs by now, it is left.
--   $1 bigint, $2 int   upload and the attempt it is seen with
-- Returns the row as json, its token the taker's; none when somebody else was first or it is left.
with freed as (
    update snapshot.upload u set resume_at = null, request = null
    where u.id = $1 and u.attempt = $2
        and exists (select from snapshot.upload o where o.node = u.node and o.id <> u.id and o.state in ('starting', 'running'))
    returning u.id
)
update snapshot.upload u
set state = 'starting', attempt = u.attempt + 1, token = t.token, taken = true, ended_at = null, resume_at = null, request = null, verified_at = null, removed_at = null,
    agent_job = null, agent_process = null, agent_started = null, moved_at = clock_timestamp(), seen_at = clock_timestamp(), activity = 0,
    agent_group = split_part(u.agent_group, '-', 1) || '-' || split_part(u.agent_group, '-', 2) || '-' || u.attempt + 1 || '-' || t.token
from (select nextval('snapshot.upload_token') as token) t
where u.id = $1 and u.attempt = $2 and u.resume_at <= clock_timestamp() and u.state in ('failed', 'lost', 'cancelled')
    and not exists (select from freed)
returning to_jsonb(u)::text
