-- The jobs a schedule runs after: 'after a; after b on any' names a and b.
--   schedule   the whole text
create or replace function scheduler_private.followed_jobs(schedule text) returns setof text
language plpgsql immutable strict parallel safe as $$
begin
    return query select split_part(regexp_replace(p, '\s+', ' ', 'g'), ' ', 2) from unnest(scheduler_private.schedule_parts(schedule)) p
        where p ~ '^after\s';
end $$;
