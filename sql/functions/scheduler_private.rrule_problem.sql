-- What is wrong with the form of a recurrence rule (RFC 5545): its keys and its frequency; its values a node judges.
--   part   as it was written, for the message
--   rule   e.g. 'FREQ=MONTHLY;BYDAY=2MO'
-- Returns problem and, where it can be told, meant: the part put right. Both null when nothing is wrong.
create or replace function scheduler_private.rrule_problem(part text, rule text, out problem text, out meant text)
language plpgsql immutable as $$
declare
    keys constant text[] := '{FREQ,INTERVAL,UNTIL,BYSECOND,BYMINUTE,BYHOUR,BYDAY,BYMONTHDAY,BYYEARDAY,BYWEEKNO,BYMONTH,BYSETPOS,WKST}';
    frequencies constant text[] := '{YEARLY,MONTHLY,WEEKLY,DAILY,HOURLY,MINUTELY,SECONDLY}';
    piece text;
    key text;
    value text;
    near text;
begin
    if rule is null or upper(rule) !~ '(^|;)(RRULE:)?FREQ=' then
        problem := format('schedule ''%s'' cannot be read; expected ''rrule FREQ=…'' with one of %s', part, array_to_string(frequencies, ', '));
        return;
    end if;
    foreach piece in array string_to_array(regexp_replace(upper(rule), '^RRULE:', ''), ';') loop
        continue when piece = '';
        key := split_part(piece, '=', 1);
        value := split_part(piece, '=', 2);
        if key = 'COUNT' then
            problem := format('schedule ''%s'': COUNT is not supported; expected UNTIL, or the job''s ends', part);
        elsif not (key = any (keys)) then
            problem := format('schedule ''%s'': ''%s'' is no key of a recurrence rule; expected one of %s', part, key, array_to_string(keys, ', '));
            near := scheduler_private.nearest(key, keys);
            meant := case when near is not null then replace(part, split_part(piece, '=', 1) || '=', near || '=') end;
        elsif value = '' then
            problem := format('schedule ''%s'': ''%s'' has no value', part, key);
        elsif key = 'FREQ' and not (value = any (frequencies)) then
            problem := format('schedule ''%s'': FREQ is ''%s''; expected one of %s', part, value, array_to_string(frequencies, ', '));
            near := scheduler_private.nearest(value, frequencies);
            meant := case when near is not null then replace(part, value, near) end;
        end if;
        if problem is not null then
            meant := nullif(meant, part);
            return;
        end if;
    end loop;
end $$;
