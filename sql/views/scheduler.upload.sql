-- Uploads of snapshots, the latest first. eta: time left at the present rate, null when that cannot be told. problem: why its agent could not be asked
-- the last time. attempt: how often it was begun at its agent; past: its former states. request: what somebody asked of it.
create or replace view scheduler.upload as
select u.id, u.node, u.state, u.reason, round(u.fraction::numeric * 100, 1) as percent, u.bytes, u.bytes_total, u.files, u.files_total,
    case when u.state = 'running' then round(u.rate_bytes)::bigint end as rate_bytes,
    case when u.state = 'running' and u.eta_at is not null then greatest(u.eta_at - clock_timestamp(), interval '0') end as eta,
    u.attempt, u.wanted_at, u.started_at, u.seen_at, u.moved_at, u.ended_at, u.verified_at, u.removed_at, u.resume_at, u.problem, u.error,
    u.run_key, u.definition ->> 'source' as source, u.target, u.definition -> 'agent' ->> 'kind' as agent_kind,
    u.definition -> 'agent' ->> 'url' as agent_url, u.agent_job, u.agent_process, u.agent_started, u.agent_group, u.request, u.past
from snapshot.upload u
order by u.id desc;
