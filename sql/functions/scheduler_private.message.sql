-- What a message says: the things it is about, the gravest and newest first, and how many there are.
--   c            the channel
--   keys         the things
--   listed_max   at most so many are in it with all they say
--   flips_max    as many changes, and a thing is one that comes and goes
-- Runs are looked up by their keys, whatever the planner believes of a ledger that has grown.
-- status: open, resolved, or happened for what has no end. happened counts since the channel was last told; reminder: nothing changed since then.
create or replace function scheduler_private.message(c scheduler.channel, keys text[], listed_max integer, flips_max integer) returns jsonb
language sql stable set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
    with listed as (
        select a.*, row_number() over (order by a.open desc, a.severity = 'page' desc, a.severity = 'warning' desc, a.changed_at desc, a.key) as place
        from scheduler_private.alert a where a.channel = c.name and a.key = any (keys)
    )
    select jsonb_build_object('channel', c.name, 'at', clock_timestamp(), 'total', count(*),
        'open', count(*) filter (where l.open),
        'resolved', count(*) filter (where not l.open and l.event in ('failure', 'recovery', 'incident')),
        'happened', coalesce(sum(l.happened), 0),
        'alerts', coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('key', l.key, 'event', l.event, 'job', l.job, 'severity', l.severity,
            'status', case when l.open then 'open' when l.event in ('failure', 'recovery', 'incident') then 'resolved' else 'happened' end,
            'happened', nullif(l.happened, 0), 'since', l.since, 'at', l.changed_at, 'title', l.title,
            'reminder', case when l.pending_since is null then true end, 'flapping', case when l.flips >= flips_max and not l.flap_told then true end,
            'run_key', l.run_key, 'verdict', r.verdict, 'node', r.node, 'owner', j.owner,
            'detail', left(coalesce(l.detail, r.error, r.reason), 1000)))
            order by l.place) filter (where l.place <= listed_max), '[]'))
    from listed l
    left join lateral (select r.verdict, r.node, r.error, r.reason from scheduler_private.run r
                       where r.due_at = l.due_at and r.run_key = l.run_key and l.place <= listed_max) r on true
    left join scheduler.job j on j.name = l.job and l.place <= listed_max
$$;
