-- Make the jobs due that wait on a channel, once for one burst of notifications: only who counts on from the number it knows has the burst.
--   channel   the channel
--   known     number of the last burst that the caller knows of
--   lease     the caller's lease; one that is over counts nothing
-- Returns true when the burst became fires by this call. The notice of the new number goes through the same queue as the channel's own
-- notifications: whoever hears it knows that all it heard of the channel before belongs to that burst. See docs/decisions/0015.
create or replace function scheduler_private.count_burst(channel text, known bigint, lease bigint) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    due timestamptz;
begin
    update scheduler_private.channel c set burst = c.burst + 1, heard_at = clock_timestamp()
    where c.name = count_burst.channel and c.burst = count_burst.known
        and exists (select from scheduler_private.node n
                    where n.lease_id = count_burst.lease and n.lease_until > clock_timestamp() and n.state <> 'stopped')
    returning c.heard_at into due;
    if not found then
        return false;
    end if;
    insert into scheduler_private.event (run_key, job, due_at, cause, part)
    select scheduler_private.event_key(s.job, due + s.delay, 'n' || count_burst.known + 1 || s.mark), s.job, due + s.delay,
        'notify ' || count_burst.channel, s.part
    from scheduler_private.subscription s where s.event = 'notify' and s.source = count_burst.channel
    order by s.place on conflict do nothing;
    perform pg_notify('scheduler_bursts', count_burst.channel || ' ' || count_burst.known + 1);
    perform pg_notify('scheduler_events', '');
    return true;
end $$;
