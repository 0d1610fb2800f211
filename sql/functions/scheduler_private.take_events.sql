-- Bring what happened from the outbox to how things stand with each channel. One session at a time; who comes second leaves it to the first.
--   most   at most this many events
-- Returns how many it took. All of one transaction: an event is in the outbox, or it is in scheduler_private.alert, whoever dies when.
--
-- Failure and recovery open and close one thing, the job's failing; an incident opens and closes its own; the others only happen. A recovery that
-- nobody was told to expect is something that happens too.
-- over (it succeeded, and nobody wants to be told of that) and gone (the job was disabled or deleted, or tells this channel of failures no more) close
-- it in silence; but who remembers by itself has to be told: PagerDuty of both, a ping of what succeeded. So has a channel told of all incidents.
create or replace function scheduler_private.take_events(most integer) returns integer
language plpgsql volatile as $$
declare
    -- As many changes within it, and it is said to come and go (compose.sql).
    flap_window constant interval := interval '10 minutes';
    taken_count integer;
begin
    if not pg_try_advisory_xact_lock(hashtext('scheduler.outbox')) then
        return 0;
    end if;
    with taken as materialized (
        delete from scheduler_private.outbox o
        where o.id in (select i.id from scheduler_private.outbox i order by i.id limit most) returning o.*
    ),
    fan as materialized (
        select t.id, c.name as channel, e.event, t.job, t.run_key, t.due_at, t.at, t.title, t.detail,
            coalesce(t.key, 'job:' || t.job || ':' || case when e.event in ('failure', 'recovery', 'over') then 'failing' else e.event end) as key,
            coalesce(t.severity, case when t.event in ('failure', 'lost', 'guard', 'missed') then 'warning' else 'info' end) as severity,
            e.event in ('failure', 'recovery', 'over', 'incident') as lasts,
            case t.event when 'failure' then true when 'incident' then t.open else false end as open
        from taken t
        cross join lateral (select distinct w.name from unnest(t.channels) as w (name)) w
        join scheduler.channel c on c.name = w.name and c.enabled
        cross join lateral (select case t.event
            when 'over' then case when c.kind in ('pagerduty', 'ping') or c.incidents then 'recovery' else 'over' end
            when 'gone' then case when c.kind = 'pagerduty' then 'recovery' else 'over' end
            else t.event end) e (event)
    ),
    turned as materialized (
        select f.*, lag(f.open, 1, coalesce(a.open, false)) over (partition by f.channel, f.key order by f.id) as before
        from fan f left join scheduler_private.alert a on a.channel = f.channel and a.key = f.key
    ),
    summed as materialized (
        select t.channel, t.key,
            coalesce((array_agg(t.event order by t.id desc) filter (where t.event <> 'over'))[1], 'over') as event, min(t.job) as job,
            (array_agg(t.severity order by t.id desc))[1] as severity, (array_agg(t.open order by t.id desc))[1] as open,
            count(*) filter (where t.event not in ('incident', 'over') and (t.open or not t.lasts or not t.before)) as happened,
            count(*) filter (where t.lasts and t.open <> t.before) as flips,
            bool_or(not t.lasts or (t.open <> t.before and t.event <> 'over') or (t.event = 'recovery' and not t.before)) as to_tell,
            min(t.at) as first_at, max(t.at) as last_at, coalesce(max(t.at) filter (where t.open and not t.before), min(t.at)) as since,
            (array_agg(t.run_key order by t.open or not t.lasts desc, t.id desc))[1] as run_key,
            (array_agg(t.due_at order by t.open or not t.lasts desc, t.id desc))[1] as due_at,
            (array_agg(t.title order by t.id desc))[1] as title, (array_agg(t.detail order by t.id desc))[1] as detail
        from turned t group by t.channel, t.key
    ),
    put as (
        insert into scheduler_private.alert as a
            (channel, key, event, job, severity, open, happened, since, changed_at, pending_since, flips, flips_since, run_key, due_at, title, detail)
        select s.channel, s.key, s.event, s.job, s.severity, s.open, s.happened, s.since, s.last_at, case when s.to_tell then s.first_at end,
            s.flips, s.first_at, s.run_key, s.due_at, s.title, s.detail
        from summed s
        -- The end of what nobody was told of.
        where s.to_tell or exists (select from scheduler_private.alert k where k.channel = s.channel and k.key = s.key)
        order by s.channel, s.key
        on conflict (channel, key) do update set
            event = case excluded.event when 'over' then a.event else excluded.event end, severity = excluded.severity, open = excluded.open,
            happened = a.happened + excluded.happened,
            since = case when (excluded.open and not a.open) or (a.pending_since is null and not a.open) then excluded.since else a.since end,
            changed_at = excluded.changed_at,
            pending_since = coalesce(a.pending_since, excluded.pending_since),
            -- Closed in silence: nobody waits for a word of it.
            told = a.told and (excluded.open or excluded.pending_since is not null or a.pending_since is not null),
            flips = case when a.flips_since < clock_timestamp() - flap_window and not a.flap_told then 0 else a.flips end + excluded.flips,
            flips_since = case when a.flips_since < clock_timestamp() - flap_window and not a.flap_told
                then excluded.flips_since else a.flips_since end,
            run_key = case when excluded.open or excluded.event not in ('recovery', 'incident') then coalesce(excluded.run_key, a.run_key)
                else coalesce(a.run_key, excluded.run_key) end,
            due_at = case when excluded.open or excluded.event not in ('recovery', 'incident') then coalesce(excluded.due_at, a.due_at)
                else coalesce(a.due_at, excluded.due_at) end,
            title = coalesce(excluded.title, a.title), detail = coalesce(excluded.detail, a.detail)
    )
    select count(*) into taken_count from taken;
    return taken_count;
end $$;
