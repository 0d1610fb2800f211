-- One look of a node at what is to be told: take events, compose messages, and take messages in hand to deliver them. One round trip.
--   node, lease   its name and its lease
--   quiet   names of the calendars that leave this instant out
--   most    messages it can have in hand
-- Returns the messages it now has in hand, for two minutes and no longer than its lease: the oldest of each channel, whose messages go one after the
-- other. Whoever dies with one leaves it to be delivered again, with the same dedupe key.
create or replace function scheduler_private.notify_turn(node text, lease bigint, quiet text[], most integer)
    returns table (id bigint, attempts integer, dedupe_key text, what text, payload jsonb, channel text, kind text, settings jsonb)
language plpgsql volatile set jit = off as $$
#variable_conflict use_column
declare
    events_max constant integer := 5000;
    in_hand constant interval := interval '2 minutes';
begin
    -- Most clusters most of the time: nothing to do.
    if not exists (select from scheduler.channel c where c.enabled) then
        delete from scheduler_private.outbox;
        return;
    end if;
    if exists (select from scheduler_private.outbox) then
        perform scheduler_private.take_events(events_max);
    end if;
    perform scheduler_private.compose(c.name, coalesce(c.quiet = any (notify_turn.quiet), false)) from scheduler.channel c
    where c.enabled and (c.settings ? 'heartbeat' or exists (select from scheduler_private.alert a where a.channel = c.name));
    return query
    with head as materialized (
        select f.id from scheduler.channel c cross join lateral (
            select w.id from scheduler_private.notification w where w.channel = c.name and w.state = 'waiting' order by w.id limit 1) f
    ),
    mine as materialized (
        select n.id from scheduler_private.notification n
        where n.id in (select h.id from head h) and n.state = 'waiting' and n.next_try_at <= clock_timestamp()
            and (n.claimed_until is null or n.claimed_until < clock_timestamp() or not exists (
                select from scheduler_private.node o where o.lease_id = n.owner and o.lease_until > clock_timestamp() and o.state <> 'stopped'))
        order by n.id limit most for update skip locked
    )
    update scheduler_private.notification n
    set claimed_until = clock_timestamp() + in_hand, node = notify_turn.node, owner = lease, attempts = n.attempts + 1
    from mine m join scheduler_private.notification o on o.id = m.id join scheduler.channel c on c.name = o.channel
    where n.id = m.id
    returning n.id, n.attempts, n.dedupe_key, n.what, n.payload, n.channel, c.kind, c.settings;
end $$;
