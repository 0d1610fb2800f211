-- Refuse a job whose settings or schedule name a param it does not have, or give one a value of another type, or whose settings name a parent although
-- it follows no job. JobValues.cs and PartParams.cs say the same of job files.
--   job   the row
create or replace function scheduler_private.check_values(job scheduler.job) returns void
language plpgsql stable as $$
declare
    names text[];
    named text;
    given record;
    kind text;
begin
    -- Most jobs name neither. A doubled dollar sign before the brace makes it plain text.
    if job.settings::text ~ '(?<!\$)\$\{params\.' then
        names := array(select k from jsonb_object_keys(job.params) k order by k);
        select m[1] into named from regexp_matches(job.settings::text, '(?<!\$)\$\{params\.([^}]*)\}', 'g') m where m[1] <> all (names) limit 1;
        if found then
            perform scheduler_private.refuse(job.name, 'settings', format('settings name ${params.%s}; expected %s', left(named, 200),
                case when cardinality(names) = 0 then 'a job with params' else 'one of the job''s params ' || array_to_string(names, ', ') end),
                scheduler_private.nearest(named, names));
        end if;
    end if;
    -- Params of parts: '0 2 * * * with mode=full'.
    if job.schedule ~ '\swith\s.*=' then
        names := array(select k from jsonb_object_keys(job.params) k order by k);
        for given in
            select split_part(pair, '=', 1) as name, substr(pair, position('=' in pair) + 1) as value
            from unnest(scheduler_private.schedule_parts(job.schedule)) part
            cross join lateral regexp_match(regexp_replace(part, '[ \t\n\r]+', ' ', 'g'),
                scheduler_private.schedule_grammar() #>> '{events,with_pattern}') m
            cross join lateral unnest(string_to_array(m[2], ' ')) pair
        loop
            kind := jsonb_typeof(job.params -> given.name);
            if kind is null then
                perform scheduler_private.refuse(job.name, 'schedule', format('schedule gives the param %s, which the job does not have; expected %s',
                    scheduler_private.shown(to_jsonb(given.name)), case when cardinality(names) = 0 then 'none'
                        else 'one of ' || array_to_string(names, ', ') end));
            elsif kind in ('array', 'object') then
                perform scheduler_private.refuse(job.name, 'schedule',
                    format('schedule gives the param %s, which is a list or a map; expected text, a number, or true or false',
                        scheduler_private.shown(to_jsonb(given.name))));
            elsif (kind = 'boolean' and given.value not in ('true', 'false'))
                or (kind = 'number' and given.value !~ case when (job.params ->> given.name) ~ '[.eE]'
                    then '^-?(?:0|[1-9][0-9]{0,17})(?:[.][0-9]{1,17})?$' else '^(?:0|-?[1-9][0-9]{0,17})$' end) then
                perform scheduler_private.refuse(job.name, 'schedule', format('schedule gives the param %s as %s; expected %s',
                    scheduler_private.shown(to_jsonb(given.name)), scheduler_private.shown(to_jsonb(given.value)),
                    case when kind = 'boolean' then 'true or false' when (job.params ->> given.name) ~ '[.eE]' then 'a number'
                        else 'a whole number' end));
            end if;
        end loop;
    end if;
    if job.settings::text ~ '(?<!\$)\$\{parent\.' and coalesce(job.schedule, '') !~* '(^|;)\s*after\s' then
        perform scheduler_private.refuse(job.name, 'settings', 'settings name ${parent.…}, but the job follows none; expected a schedule ''after JOB''');
    end if;
end $$;
