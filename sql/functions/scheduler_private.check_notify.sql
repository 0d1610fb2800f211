-- Refuse a job that names a channel which does not exist.
--   job   the row
create or replace function scheduler_private.check_notify(job scheduler.job) returns void
language plpgsql stable as $$
declare
    channels text[];
    unknown text;
begin
    if jsonb_typeof(job.notify -> 'to') is distinct from 'array' then
        return;
    end if;
    channels := array(select c.name from scheduler.channel c order by c.name);
    select t into unknown from jsonb_array_elements_text(job.notify -> 'to') t where t <> all (channels) limit 1;
    if found then
        perform scheduler_private.refuse(job.name, 'notify', format('notify.to names the channel %s, which does not exist; expected %s',
            scheduler_private.shown(to_jsonb(unknown)),
            case when cardinality(channels) = 0 then 'one of scheduler.channel, which is empty: insert it there first'
                 else 'one of ' || array_to_string(channels[1:20], ', ') end),
            scheduler_private.nearest(unknown, channels));
    end if;
end $$;
