-- Trigger function of scheduler.calendar: refuse what cannot be meant, number the version, tell the nodes. Crons of blackouts are read by
-- a node, which notes a problem. A calendar that jobs name stays.
create or replace function scheduler_private.calendar_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    bad text;
    entry jsonb;
begin
    if tg_op = 'DELETE' then
        if tg_when = 'AFTER' then
            perform pg_notify('scheduler_jobs', '');
            return null;
        end if;
        bad := (select string_agg(quote_literal(j.name), ', ') from
                (select j.name from scheduler.job j where j.calendar = old.name order by j.name limit 5) j);
        if bad is not null then
            raise exception 'calendar % is used by the jobs %', quote_literal(old.name), bad using errcode = 'foreign_key_violation',
                hint = format('first: update scheduler.job set calendar = null where calendar = %L', old.name);
        end if;
        return old;
    end if;
    if tg_when = 'AFTER' then
        -- What a node notes in the row changes no job.
        if (tg_op = 'UPDATE' and new.version = old.version) or scheduler_private.is_trial() then
            return null;
        end if;
        insert into scheduler_private.job_change as c (job)
        select j.name from scheduler.job j where j.calendar = new.name order by j.name
        on conflict (job) do update set mark = excluded.mark, marked_at = excluded.marked_at;
        perform pg_notify('scheduler_jobs', '');
        return null;
    end if;
    if tg_op = 'UPDATE' and to_jsonb(new) - array['version', 'updated_at', 'problem', 'source']
        = to_jsonb(old) - array['version', 'updated_at', 'problem', 'source'] then
        return new;
    end if;
    if not exists (select from pg_timezone_names z where z.name = new.time_zone) then
        raise exception 'time_zone % of calendar % is not known; expected an IANA name', quote_literal(new.time_zone), quote_literal(new.name)
            using errcode = 'check_violation', hint = coalesce((select format('did you mean %L?', z.name) from pg_timezone_names z
                where lower(z.name) like '%' || lower(replace(new.time_zone, ' ', '_')) || '%' order by length(z.name) limit 1), 'such as Europe/Berlin');
    end if;
    new.weekdays := array(select lower(d) from unnest(new.weekdays) with ordinality as w (d, n) order by n);
    bad := (select d from unnest(new.weekdays) as w (d) where d is null or d <> all (array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']) limit 1);
    if bad is not null or array_position(new.weekdays, null) is not null or array_position(new.holidays, null) is not null then
        raise exception 'weekday % of calendar % is not known; expected mon, tue, wed, thu, fri, sat or sun', coalesce(quote_literal(bad), 'null'),
            quote_literal(new.name) using errcode = 'check_violation';
    end if;
    bad := (select d::text from unnest(new.holidays) as h (d) where not (d between '1970-01-01' and '9998-12-31') limit 1);
    if bad is not null then
        raise exception 'holiday % of calendar % is no day a node can hold; expected one of the years 1970 to 9998', quote_literal(bad),
            quote_literal(new.name) using errcode = 'check_violation';
    end if;
    if jsonb_typeof(new.blackouts) <> 'array' or jsonb_array_length(new.blackouts) > 1000 or cardinality(new.holidays) > 10000 then
        raise exception 'blackouts of calendar % are no list of at most 1000', quote_literal(new.name) using errcode = 'check_violation';
    end if;
    for entry in select * from jsonb_array_elements(new.blackouts) loop
        perform scheduler_private.check_blackout(new.name, entry);
    end loop;
    if tg_op = 'UPDATE' then
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    return new;
end $$;

create or replace trigger calendar_checked before insert or update or delete on scheduler.calendar
    for each row execute function scheduler_private.calendar_changed();
create or replace trigger calendar_told after insert or update or delete on scheduler.calendar
    for each row execute function scheduler_private.calendar_changed();
