-- The jobs a schedule runs after: 'after a and b; after c on any' names a, b and c.
--   schedule   the whole text
create or replace function scheduler_private.followed_jobs(schedule text) returns setof text
language plpgsql immutable strict parallel safe as $$
begin
    return query select distinct s.source from scheduler_private.subscriptions_of('', schedule) s where s.event = 'after';
end $$;
