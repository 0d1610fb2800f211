-- What is wrong with a cron expression: five fields as in Unix, six or seven as Quartz has them. What CronReader says, by the same tables.
--   part     the expression as it was written, for the message
--   fields   its fields, 5 to 7
-- Returns problem and, where it can be told, meant: the expression put right. Both null when nothing is wrong.
create or replace function scheduler_private.cron_problem(part text, fields text[], out problem text, out meant text)
language plpgsql immutable as $$
declare
    shift constant integer := case when cardinality(fields) = 5 then 0 else 1 end;
    forms constant jsonb := case when cardinality(fields) = 5
        then scheduler_private.schedule_grammar() #> '{cron,unix}' else scheduler_private.schedule_grammar() #> '{cron,quartz}' end;
    day constant integer := shift + 3;
    month constant integer := shift + 4;
    weekday constant integer := shift + 5;
    -- What the days, months, weekdays and years name; of the times of a day it only matters that they name one. Null: all.
    days integer[];
    months integer[];
    weekdays integer[];
    years integer[];
    nth integer := 0;           -- which weekday of the month, 0 for each
    before_last integer[];      -- days counted from the end of the month
    form jsonb;
    word text;
    item text;
    items text[];
    groups text[];
    named record;
    numbers integer[];
    why text;
    put text;
    field text;
    n integer;
    place integer;
begin
    <<fields>>
    for i in 1 .. cardinality(fields) loop
        continue when fields[i] = '*' or (fields[i] = '?' and i in (day, weekday));
        place := i;
        form := forms -> (i - 1);
        word := upper(fields[i] collate "C");
        item := null;
        if octet_length(word) <> length(word) then
            why := (scheduler_private.cron_slip(form, null)).why;
            exit;
        end if;
        if i < day and length(word) <= 2 and translate(word, '0123456789', '') = '' then
            continue when word::integer <= (form -> 'highest')::integer;
        end if;
        groups := case when i = weekday and translate(word, 'L#', '') <> word then regexp_match(word, form ->> 'special') end;
        if groups is not null then
            put := coalesce(groups[1], groups[2]);
            n := coalesce(scheduler_private.cron_value(form, put), 7 - 1 + shift);
            if n not between (form -> 'lowest')::integer and (form -> 'highest')::integer then
                why := 'cannot be read; expected ' || (form ->> 'expected');
                put := null;
                exit;
            end if;
            put := null;
            weekdays := array[(n - shift) % 7];
            nth := coalesce(groups[3]::integer, 0);
            continue;
        end if;
        items := string_to_array(word, ',');
        if '' = any (items) then
            why := 'has an empty place in its list';
            field := nullif(array_to_string(array_remove(items, ''), ','), '');
            exit;
        end if;
        numbers := '{}';
        foreach item in array items loop
            groups := case when i = day and translate(item, 'LW', '') <> item then regexp_match(item, form ->> 'special') end;
            if groups is not null then
                if groups[3] is not null then
                    if groups[3]::integer not between 1 and 31 then
                        why := 'cannot be read; expected ' || (form ->> 'expected');
                        exit fields;
                    end if;
                    -- Every month has a weekday nearest to it.
                    numbers := numbers || 1;
                else
                    n := coalesce(groups[1]::integer, 0);
                    if n >= (form -> 'highest')::integer then
                        why := format('counts %s days before the last one; expected L-1 to L-%s', n, (form -> 'highest')::integer - 1);
                        exit fields;
                    end if;
                    before_last := before_last || n;
                end if;
                continue;
            end if;
            named := scheduler_private.cron_item(form, item);
            if named.why is not null then
                why := named.why;
                put := named.put;
                meant := case when named.step_wrong then scheduler_private.cron_interval_meant(fields, i, named.step) end;
                exit fields;
            end if;
            if i >= day then
                numbers := numbers || array(select case when s > (form -> 'highest')::integer then s - (form -> 'round')::integer else s end
                    from generate_series(named.first, named.last, named.step) s);
            end if;
        end loop;
        case i
            when day then days := numbers;
            when month then months := numbers;
            when weekday then weekdays := array(select (w - shift) % 7 from unnest(numbers) w);
            when 7 then years := numbers;
            else null;
        end case;
    end loop;
    if why is not null then
        problem := format('schedule ''%s'': %s ''%s'' %s', part, form ->> 'name', fields[place], why);
        if put is not null then
            field := array_to_string(array_replace(items, item, put), ',');
        end if;
        meant := coalesce(meant, case when field is not null then array_to_string(fields[: place - 1] || field || fields[place + 1 :], ' ') end);
        return;
    end if;
    if shift = 0 and fields[day] not in ('*', '?') and fields[weekday] not in ('*', '?') and (fields[day] like '*%' or fields[weekday] like '*%') then
        -- Vixie cron asks for both days here and others for either.
        problem := format('schedule ''%s'': crons disagree on what day ''%s'' together with weekday ''%s'' means; '
            'expected one of the two as *, or days listed without a leading *', part, fields[day], fields[weekday]);
    elsif not scheduler_private.cron_is_due(days, before_last, months, weekdays, nth, years) then
        problem := format('schedule ''%s'' is never due up to %s: no such day exists', part,
            scheduler_private.schedule_grammar() #>> '{cron_years,last}');
    end if;
end $$;
