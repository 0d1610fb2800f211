-- Refuse a job whose settings name a param it does not have, or a parent although it follows no job. JobValues.cs says the same of job files.
--   job   the row
create or replace function scheduler_private.check_values(job scheduler.job) returns void
language plpgsql stable as $$
declare
    names text[];
    named text;
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
    if job.settings::text ~ '(?<!\$)\$\{parent\.' and coalesce(job.schedule, '') !~* '(^|;)\s*after\s' then
        perform scheduler_private.refuse(job.name, 'settings', 'settings name ${parent.…}, but the job follows none; expected a schedule ''after JOB''');
    end if;
end $$;
