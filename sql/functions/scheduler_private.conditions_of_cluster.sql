-- What is wrong now with nodes, queues, the ledger's storage and notifications, from the database alone.
--   keep   how long the ledger keeps runs (node.keep_runs)
-- Returns a row for each thing that is wrong.
create or replace function scheduler_private.conditions_of_cluster(keep interval) returns setof scheduler_private.found
language plpgsql volatile set enable_seqscan = off as $$
declare
    at constant timestamptz := clock_timestamp();
    -- A node that is killed leaves its lease behind; one that is only started again has it back within seconds.
    dead_after constant interval := interval '15 seconds';
    -- Gone for longer, it is one that was taken away for good.
    dead_until constant interval := interval '24 hours';
    nobody_after constant interval := interval '30 seconds';
    -- Less than half of what a node may be off before it stands by (node.clock_offset_max).
    skew_max constant interval := interval '200 milliseconds';
    backlog_after constant interval := interval '5 minutes';
    backlog_runs_min constant integer := 100;
    missed_within constant interval := interval '10 minutes';
    missed_max constant integer := 10;
    undelivered_after constant interval := interval '5 minutes';
    live integer := (select count(*) from scheduler_private.node n where n.state = 'live' and n.lease_until > at);
    dead integer := (select count(*) from scheduler_private.node n
                     where n.state <> 'stopped' and n.lease_until < at - dead_after and n.lease_until > at - dead_until);
begin
    -- One that has just started stands by until it is ready.
    if not exists (select from scheduler_private.node n where n.lease_until > at - nobody_after
                   and (n.state = 'live' or (n.state = 'standby' and n.started_at > at - nobody_after))) then
        return query select 'cluster:no_checkin', 'no_checkin', 'page', null::text, null::text, 'no node is live, nothing runs',
            format('%s nodes are known; start one with ''scheduler serve'', or see ''scheduler node list''', count(*)), null::text
        from scheduler_private.node n having count(*) > 0;
    end if;
    return query select 'node:' || n.name || ':down', 'node_down', case when dead > live then 'page' else 'warning' end, null::text, n.name,
        format('node %s is down', n.name), format('its lease ended at %s; it ran on %s as process %s; %s nodes live',
            to_char(n.lease_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), n.host, n.pid, live), null::text
    from scheduler_private.node n where n.state <> 'stopped' and n.lease_until < at - dead_after and n.lease_until > at - dead_until;
    return query select 'node:' || n.name || ':clock', 'clock_skew', case when n.state = 'standby' then 'page' else 'warning' end, null::text, n.name,
        format('the clock of node %s is off', n.name), format('by %s ms from the database''s%s',
            round(extract(epoch from n.clock_offset) * 1000), case when n.state = 'standby' then '; it stands by' else '' end), null::text
    from scheduler_private.node n
    where n.state in ('live', 'standby') and n.lease_until > at and (n.clock_offset > skew_max or n.clock_offset < -skew_max);
    -- One that has only just begun to say so may be over it a moment later.
    return query select 'node:' || n.name || ':not_ready', 'node_not_ready', 'warning', null::text, n.name,
        format('node %s takes work and is not ready', n.name), left(n.reason, 500), null::text
    from scheduler_private.node n where n.state = 'live' and n.lease_until > at and n.reason is not null and n.started_at < at - nobody_after;
    return query select 'cluster:backlog', 'backlog', 'warning', null::text, null::text, 'runs pile up',
        format('%s runs have waited for more than 5 minutes, the oldest since %s; %s nodes live', count(*),
            to_char(min(r.due_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), live), null::text
    from scheduler_private.run r left join scheduler_private.job_gate g on g.job = r.job
    where r.state = 'queued' and r.due_at < at - backlog_after
        and (g.paused is not true or g.paused_until <= at or r.requested_by is not null)
    having count(*) >= backlog_runs_min;
    return query select 'cluster:misfires', 'misfires', 'warning', null::text, null::text, 'many fires are missed',
        format('%s fires of %s jobs in the last 10 minutes', count(*), count(distinct r.job)), null::text
    from scheduler_private.run r where r.verdict = 'missed' and r.ended_at > at - missed_within having count(*) > missed_max;
    return query select 'cluster:history_sweep', 'history_sweep', 'warning', null::text, null::text, 'the ledger''s storage is not looked after',
        concat_ws('; ', case when s.coming < 2 then format('partitions exist for %s days to come, expected 7', s.coming) end,
            case when s.old > 0 then format('%s partitions are older than node.keep_runs and 3 days', s.old) end), null::text
    from (select count(*) filter (where p.from_at > at and p.from_at < 'infinity') as coming,
              count(*) filter (where p.until_at < at - keep - interval '3 days') as old from scheduler_private.run_partitions() p) s
    where s.coming < 2 or s.old > 0;
    return query select 'channel:' || n.channel || ':undelivered', 'undelivered', 'warning', null::text, null::text,
        format('messages do not reach channel %s', n.channel), format('%s; last error: %s', case when bool_or(n.state = 'failed')
            then 'one was given up' else 'tried again and again' end, left(max(n.error), 500)), null::text
    from scheduler_private.notification n join scheduler.channel c on c.name = n.channel
    where n.what in ('alerts', 'digest') and ((n.state = 'waiting' and n.attempts >= 3 and n.created_at < at - undelivered_after)
        or (n.state = 'failed' and n.ended_at > at - interval '1 hour')) and n.created_at > at - interval '2 days'
    group by n.channel;
end $$;
