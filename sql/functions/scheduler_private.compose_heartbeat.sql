-- Make the heartbeat of a channel of kind ping that has one (settings -> heartbeat), when it is due: a watcher outside that hears none raises the alarm.
--   c         the channel
--   last_at   when it had its last one
-- Returns 1 when it made one. A heartbeat that cannot be delivered is given up when the next one is due.
create or replace function scheduler_private.compose_heartbeat(c scheduler.channel, last_at timestamptz) returns integer
language plpgsql volatile as $$
declare
    every constant interval := scheduler_private.duration_seconds(c.settings ->> 'heartbeat') * interval '1 second';
begin
    if c.kind <> 'ping' or every is null or last_at > clock_timestamp() - every then
        return 0;
    end if;
    insert into scheduler_private.notification (channel, what, payload, expires_at)
    values (c.name, 'heartbeat', jsonb_build_object('channel', c.name, 'at', clock_timestamp(), 'nodes',
        (select count(*) from scheduler_private.node n where n.state = 'live' and n.lease_until > clock_timestamp())), clock_timestamp() + every);
    update scheduler_private.channel_turn t set heartbeat_at = clock_timestamp() where t.channel = c.name;
    return 1;
end $$;
