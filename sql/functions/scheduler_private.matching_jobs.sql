-- The jobs whose names match a pattern, in their order.
--   pattern   a name, in which * stands for any letters and ? for one
-- Raises invalid_parameter_value for a text that is no pattern, no_data_found with the nearest name when no job matches.
create or replace function scheduler_private.matching_jobs(pattern text) returns text[]
language plpgsql stable as $$
declare
    names text[];
    near text;
begin
    if pattern is null or pattern !~ '^[a-z0-9._/*?{}-]{1,200}$' then
        raise exception 'pattern is %; expected a job''s name, in which * stands for any letters and ? for one',
            coalesce(scheduler_private.shown(to_jsonb(pattern)), 'empty') using errcode = 'invalid_parameter_value';
    end if;
    if pattern !~ '[*?]' then
        names := array(select j.name from scheduler.job j where j.name = pattern);
    else
        names := array(select j.name from scheduler.job j
            where j.name like replace(replace(replace(pattern, '_', '\_'), '*', '%'), '?', '_') order by j.name);
    end if;
    if cardinality(names) = 0 then
        near := scheduler_private.nearest(pattern, array(select j.name from scheduler.job j order by j.name));
        if near is null then
            raise exception 'there is no job %', scheduler_private.shown(to_jsonb(pattern)) using errcode = 'no_data_found', hint = 'see scheduler.job';
        end if;
        raise exception 'there is no job %', scheduler_private.shown(to_jsonb(pattern))
            using errcode = 'no_data_found', hint = format('did you mean %s?', quote_literal(near));
    end if;
    return names;
end $$;
