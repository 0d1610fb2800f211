-- Send a test message by a channel; a node delivers it within seconds.
--   name   the channel
-- Returns the message's number: see scheduler.notification. Raises no_data_found with the nearest name when there is no such channel.
create or replace function scheduler.test_channel(name text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    near text;
    number bigint;
begin
    if not exists (select from scheduler.channel c where c.name = test_channel.name) then
        near := scheduler_private.nearest(test_channel.name, array(select c.name from scheduler.channel c order by c.name));
        raise exception 'there is no channel %', coalesce(scheduler_private.shown(to_jsonb(test_channel.name)), 'without a name')
            using errcode = 'no_data_found', hint = coalesce('did you mean ' || quote_literal(near) || '?', 'see scheduler.channel');
    end if;
    insert into scheduler_private.notification (channel, what, payload, expires_at)
    values (test_channel.name, 'test', jsonb_build_object('channel', test_channel.name, 'at', clock_timestamp(), 'by', session_user),
        clock_timestamp() + interval '5 minutes') returning id into number;
    perform pg_notify('scheduler_outbox', '');
    return number;
end $$;
