-- Refuse a JSON column of a job that does not have its shape.
--   job      name of the job
--   name     the column
--   content  what it has
create or replace function scheduler_private.check_json(job text, name text, content jsonb) returns void
language plpgsql stable as $$
declare
    bytes_max constant integer := 65536;
    found_problems text;
    found_meant text;
begin
    if content = '{}' or (content is null and name = 'for_each') then
        return;
    elsif jsonb_typeof(content) is distinct from 'object' then
        perform scheduler_private.refuse(job, name,
            format('%s is %s; expected a map of keys to values', name, coalesce(scheduler_private.shown(content), 'empty')));
    elsif octet_length(content::text) > bytes_max then
        perform scheduler_private.refuse(job, name, format('%s has %s bytes; expected at most %s', name, octet_length(content::text), bytes_max));
    elsif scheduler_private.is_deep(content) then
        perform scheduler_private.refuse(job, name, format('%s is nested more than 32 levels deep; expected at most 32', name));
    end if;
    if name <> 'params' then
        select string_agg(p.problem, '; '), min(p.meant) filter (where p.n = 1) into found_problems, found_meant
        from (select p.problem, p.meant, row_number() over () as n
              from scheduler_private.json_problems(content, scheduler_private.column_schema(check_json.name), check_json.name) p limit 20) p;
        if found_problems is not null then
            perform scheduler_private.refuse(job, name, found_problems, found_meant);
        end if;
    end if;
end $$;
