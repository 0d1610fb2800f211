-- Refuse a job whose kind no node has ever published, or whose settings do not fit the kind's schema.
--   job   the row
-- While no node has published any kind every kind is accepted; a node marks the job with a problem then. A job with for_each has settings yet to be
-- filled in: those of the jobs it makes are judged.
create or replace function scheduler_private.check_settings(job scheduler.job) returns void
language plpgsql stable as $$
declare
    bytes_max constant integer := 1048576;
    kinds text[];
    known scheduler_private.kind;
    found_problems text;
    found_meant text;
begin
    if job.kind is null then
        perform scheduler_private.refuse(job.name, 'kind', 'kind is empty; expected one');
    elsif jsonb_typeof(job.settings) is distinct from 'object' then
        perform scheduler_private.refuse(job.name, 'settings',
            format('settings is %s; expected a map of keys to values', coalesce(scheduler_private.shown(job.settings), 'empty')));
    elsif octet_length(job.settings::text) > bytes_max then
        perform scheduler_private.refuse(job.name, 'settings',
            format('settings has %s bytes; expected at most %s', octet_length(job.settings::text), bytes_max));
    elsif scheduler_private.is_deep(job.settings) then
        perform scheduler_private.refuse(job.name, 'settings', 'settings is nested more than 32 levels deep; expected at most 32');
    end if;
    select k.* into known from scheduler_private.kind k where k.name = job.kind;
    if not found then
        kinds := array(select k.name from scheduler_private.kind k order by k.name);
        if cardinality(kinds) > 0 then
            perform scheduler_private.refuse(job.name, 'kind', format('kind is %s, which no node knows; expected one of %s',
                scheduler_private.shown(to_jsonb(job.kind)), array_to_string(kinds, ', ')), scheduler_private.nearest(job.kind, kinds));
        end if;
        return;
    end if;
    if job.for_each is null then
        select string_agg(p.problem, '; '), min(p.meant) filter (where p.n = 1) into found_problems, found_meant
        from (select p.problem, p.meant, row_number() over () as n
              from scheduler_private.json_problems(job.settings, known.schema, 'settings') p limit 20) p;
        if found_problems is not null then
            perform scheduler_private.refuse(job.name, 'settings', found_problems, found_meant);
        end if;
    end if;
end $$;
