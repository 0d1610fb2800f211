-- What is wrong with a blackout of a calendar: what CalendarRules says.
--   entry       {"from": local instant, "to": local instant}, {"daily": [local time, local time]} or {"cron": text}
--   time_zone   the calendar's zone
-- Returns problem and, where it can be told, meant: the cron put right. Both null when nothing is wrong.
create or replace function scheduler_private.blackout_problem(entry jsonb, time_zone text, out problem text, out meant text)
language plpgsql stable as $$
declare
    given constant jsonb := case jsonb_typeof(entry) when 'object' then jsonb_strip_nulls(entry) else '{}' end;
    keys constant text := (select string_agg(k, ',' order by k) from jsonb_object_keys(given) k);
    hour constant text := '^(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?$';
    texts constant text[] := case when keys = 'daily' and jsonb_typeof(given -> 'daily') = 'array'
        then array(select d.text from jsonb_array_elements_text(given -> 'daily') with ordinality as d (text, n) order by d.n)
        else array[given ->> 'from', given ->> 'to'] end;
    words text[];
    times timestamp[];
    shift interval;
begin
    if jsonb_typeof(entry) <> 'object' or exists (select from jsonb_object_keys(entry) k where k not in ('from', 'to', 'daily', 'cron'))
        or keys is null or keys not in ('from,to', 'daily', 'cron')
        or exists (select from jsonb_each(given) g where jsonb_typeof(g.value) <> case g.key when 'daily' then 'array' else 'string' end)
        or (keys = 'daily' and (cardinality(texts) <> 2
            or exists (select from jsonb_array_elements(given -> 'daily') d where jsonb_typeof(d) not in ('string', 'null')))) then
        problem := 'a blackout has no form that is known; expected from and to, daily, or cron';
    elsif keys = 'cron' then
        words := array_remove(regexp_split_to_array(given ->> 'cron', '[ \t\n\r]+'), '');
        if cardinality(words) between 5 and 7 then
            select c.problem, c.meant into problem, meant from scheduler_private.cron_problem(given ->> 'cron', words) c;
        else
            problem := format('blackout cron ''%s'' has %s fields; expected 5, 6 or 7', given ->> 'cron', cardinality(words));
        end if;
    elsif keys = 'daily' then
        for i in 1 .. 2 loop
            if coalesce(texts[i], '') !~ hour and not coalesce(i = 2 and texts[i] = '24:00', false) then
                problem := format('blackout time ''%s'' cannot be read; expected a time of day such as 22:00', texts[i]);
                return;
            end if;
        end loop;
        if texts[1]::time = (case texts[2] when '24:00' then '00:00' else texts[2] end)::time then
            problem := format('blackout from %s to %s every day has no length; expected two times', texts[1], texts[2]);
        end if;
    else
        for i in 1 .. 2 loop
            times := times || scheduler_private.local_time(texts[i]);
            if times[i] is null or extract(year from times[i]) not between 2 and 9998 then
                problem := format('blackout instant ''%s'' cannot be read; expected local time such as 2026-12-24T18:00', texts[i]);
                return;
            end if;
        end loop;
        -- All that the clocks leave out is one instant, when they are put forward: what lies within has no length.
        shift := (times[1] at time zone time_zone) at time zone time_zone - times[1];
        if times[1] >= times[2] or (shift > interval '0' and times[2] - times[1] <= shift
            and ((times[2] - interval '1 second') at time zone time_zone) at time zone time_zone > times[2] - interval '1 second') then
            problem := format('blackout from %s to %s is over before it begins; expected ''from'' before ''to''', texts[1], texts[2]);
        end if;
    end if;
end $$;
