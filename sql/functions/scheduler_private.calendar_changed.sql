-- Trigger function of scheduler.calendar: refuse what a node would refuse, number the version, tell the nodes. A calendar that jobs name
-- stays.
create or replace function scheduler_private.calendar_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    bad text;
    meant text;
    weekdays constant text[] := '{sun,mon,tue,wed,thu,fri,sat}';
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
    select p.problem, p.meant into bad, meant from scheduler_private.time_zone_problem(coalesce(new.time_zone, '')) p;
    new.weekdays := array(select lower(d collate "C") from unnest(new.weekdays) with ordinality as w (d, n) order by n);
    if bad is null then
        select format('weekday ''%s'' is not known', w.d), scheduler_private.nearest(w.d, weekdays) into bad, meant
        from unnest(new.weekdays) with ordinality as w (d, n) where w.d is null or w.d <> all (weekdays) order by w.n limit 1;
        bad := bad || case when meant is null then '; expected one of ' || array_to_string(weekdays, ', ') else '' end;
    end if;
    if bad is null and array_position(new.holidays, null) is not null then
        bad := 'a holiday is empty; expected a day such as 2026-12-25';
    end if;
    if bad is null then
        select format('holiday ''%s'' is no day a node can hold; expected one of the years 1970 to 9998', h.d) into bad
        from unnest(new.holidays) with ordinality as h (d, n) where not (h.d between '1970-01-01' and '9998-12-31') order by h.n limit 1;
    end if;
    if bad is null and (jsonb_typeof(new.blackouts) <> 'array' or jsonb_array_length(new.blackouts) > 1000 or cardinality(new.holidays) > 10000) then
        bad := 'it has more than 1000 blackouts or 10000 holidays, or its blackouts are no list; expected a list of at most so many';
    end if;
    if bad is null and scheduler_private.is_deep(new.blackouts) then
        bad := 'its blackouts are nested more than 32 levels deep; expected at most 32';
    end if;
    if bad is null then
        select p.problem, p.meant into bad, meant
        from jsonb_array_elements(new.blackouts) with ordinality as b (entry, n), lateral scheduler_private.blackout_problem(b.entry, new.time_zone) p
        where p.problem is not null order by b.n limit 1;
    end if;
    if bad is not null and meant is null then
        raise exception 'calendar ''%'': %', new.name, bad using errcode = 'check_violation';
    elsif bad is not null then
        raise exception 'calendar ''%'': %', new.name, bad using errcode = 'check_violation', hint = format('did you mean ''%s''?', meant);
    end if;
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
