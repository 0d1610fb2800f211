-- Refuse values for a run that the job has no params for, or that are of another type than the job's own.
--   job        name of the job
--   declared   its params: their values are the defaults and say the types; null takes anything
--   given      an object of values for one run
-- Raises invalid_parameter_value; the nearest name is the HINT.
create or replace function scheduler_private.check_params(job text, declared jsonb, given jsonb) returns void
language plpgsql stable as $$
declare
    names constant text[] := array(select k from jsonb_object_keys(declared) k order by k);
    entry record;
    wanted text;
    near text;
begin
    if scheduler_private.is_deep(given) then
        raise exception 'params of job % are nested more than 32 levels deep; expected at most 32', quote_literal(check_params.job)
            using errcode = 'invalid_parameter_value';
    end if;
    for entry in select e.key, e.value, declared -> e.key as own from jsonb_each(given) e order by e.key loop
        if entry.own is null then
            near := scheduler_private.nearest(entry.key, names);
            raise exception 'job % has no param %; expected %', quote_literal(check_params.job), quote_literal(left(entry.key, 200)),
                case when cardinality(names) = 0 then 'none' else 'one of ' || array_to_string(names, ', ') end
                using errcode = 'invalid_parameter_value',
                      hint = coalesce('did you mean ' || quote_literal(near) || '?', 'declare it in the column params of scheduler.job');
        end if;
        wanted := case jsonb_typeof(entry.own) when 'string' then 'text, e.g. "2026-11-21"' when 'boolean' then 'true or false'
            when 'number' then case when scale((entry.own #>> '{}')::numeric) = 0 then 'a whole number' else 'a number' end
            when 'array' then 'a list' when 'object' then 'a map of keys to values' end;
        -- One after the other: what is no number has no scale.
        if (case when jsonb_typeof(entry.own) = 'null' then false
                when jsonb_typeof(entry.own) <> jsonb_typeof(entry.value) then true
                when wanted = 'a whole number' then scale((entry.value #>> '{}')::numeric) > 0
                else false end) then
            raise exception 'param % of job % is %; expected %', quote_literal(entry.key), quote_literal(check_params.job),
                scheduler_private.shown(entry.value), wanted using errcode = 'invalid_parameter_value';
        end if;
    end loop;
end $$;
