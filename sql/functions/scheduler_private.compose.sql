-- Make the messages a channel is to have now of what it has yet to be told, in one transaction with the note that it was told.
--   channel   its name
--   hush      quiet hours: only what has severity page is told, the rest waits
-- Returns how many it made. None while one waits to be delivered (what comes meanwhile goes with the next), none before the channel's group_wait and
-- group_interval are over.
--
-- What opens and closes more than six times in ten minutes is told once as such, then not until it has stayed as it is for ten minutes. What stays
-- open is told again each remind_every, unless somebody has acknowledged its incident.
-- webhook, slack and email get one message of all; pagerduty and ping one for each thing, pagerduty beyond ten a digest.
create or replace function scheduler_private.compose(channel text, hush boolean default false) returns integer
language plpgsql volatile as $$
#variable_conflict use_variable
declare
    flips_max constant integer := 6;
    calm_after constant interval := interval '10 minutes';
    -- Of a message; the rest is a number in it.
    listed_max constant integer := 20;
    -- Of one round: the rest goes with the next.
    rows_max constant integer := 20000;
    singles_max constant integer := 10;
    pings_max constant integer := 100;
    give_up_after constant interval := interval '24 hours';
    at constant timestamptz := clock_timestamp();
    c scheduler.channel;
    turn scheduler_private.channel_turn;
    keys text[];
    made integer := 0;
begin
    select * into c from scheduler.channel s where s.name = channel and s.enabled;
    if not found then
        return 0;
    end if;
    insert into scheduler_private.channel_turn (channel) values (c.name) on conflict do nothing;
    -- Whoever has the channel's turn composes; another node finds it taken and goes on.
    select * into turn from scheduler_private.channel_turn t where t.channel = c.name for update skip locked;
    if not found then
        return 0;
    end if;
    made := scheduler_private.compose_heartbeat(c, turn.heartbeat_at);
    delete from scheduler_private.alert a
    where a.channel = c.name and not a.open and not a.told and a.pending_since is null and a.changed_at < at - calm_after;
    if turn.composed_at > at - c.group_interval
        or exists (select from scheduler_private.notification n
                   where n.channel = c.name and n.state = 'waiting' and n.what in ('alerts', 'digest')) then
        return made;
    end if;
    keys := array(
        select a.key from scheduler_private.alert a
        where a.channel = c.name and (not hush or a.severity = 'page') and case
            when a.pending_since is not null then not (a.flips >= flips_max and a.flap_told and a.changed_at > at - calm_after)
                -- It came and went before PagerDuty heard of it.
                and not (c.kind = 'pagerduty' and not a.open and not a.told and a.event in ('recovery', 'incident', 'success'))
            when c.kind in ('pagerduty', 'ping') then false
            else a.open and a.told and a.told_at < at - c.remind_every and not exists (
                select from scheduler_private.incident i where i.key = a.key and i.resolved_at is null and i.acked_at is not null) end
        order by a.changed_at, a.key limit case c.kind when 'ping' then pings_max else rows_max end);
    if not exists (select from scheduler_private.alert a where a.channel = c.name and a.key = any (keys)
                   and (a.pending_since <= at - c.group_wait or a.pending_since is null)) then
        return made;
    end if;
    if c.kind = 'pagerduty' then
        update scheduler_private.alert a set folded = true
        where a.channel = c.name and a.key in (
            select o.key from (select a.key, row_number() over (order by a.severity = 'page' desc, a.since, a.key) as place
                               from scheduler_private.alert a where a.channel = c.name and a.key = any (keys) and not a.told and not a.folded) o
            where o.place > singles_max);
        insert into scheduler_private.notification (channel, what, payload, expires_at)
        select c.name, 'alerts', scheduler_private.message(c, array[a.key], listed_max, flips_max), at + give_up_after
        from scheduler_private.alert a where a.channel = c.name and a.key = any (keys) and not a.folded order by a.changed_at, a.key;
        get diagnostics made = row_count;
        if exists (select from scheduler_private.alert a where a.channel = c.name and a.key = any (keys) and a.folded) then
            insert into scheduler_private.notification (channel, what, payload, expires_at)
            select c.name, 'digest', scheduler_private.message(c, array_agg(a.key), listed_max, flips_max)
                || jsonb_build_object('firing', count(*) filter (where a.open or a.event not in ('recovery', 'incident'))), at + give_up_after
            from scheduler_private.alert a where a.channel = c.name and a.folded;
            made := made + 1;
        end if;
    elsif c.kind = 'ping' then
        insert into scheduler_private.notification (channel, what, payload, expires_at)
        select c.name, 'alerts', scheduler_private.message(c, array[k.key], listed_max, flips_max), at + give_up_after
        from unnest(keys) with ordinality as k (key, n) order by k.n;
        made := made + cardinality(keys);
    else
        insert into scheduler_private.notification (channel, what, payload, expires_at)
        values (c.name, 'alerts', scheduler_private.message(c, keys, listed_max, flips_max), at + give_up_after);
        made := made + 1;
    end if;
    perform scheduler_private.note_told(c.name, keys, flips_max, calm_after);
    update scheduler_private.channel_turn t set composed_at = at where t.channel = c.name;
    return made;
end $$;
