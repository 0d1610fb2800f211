-- What is wrong with a cron expression: five fields as in Unix, six or seven as Quartz has them. Only the form is judged, field by field, and nothing
-- is refused that Quartz accepts; whether it is ever due, a node says.
--   part     the expression as it was written, for the message
--   fields   its fields, 5 to 7
-- Returns problem and, where it can be told, meant: the expression put right. Both null when nothing is wrong.
create or replace function scheduler_private.cron_problem(part text, fields text[], out problem text, out meant text)
language plpgsql immutable as $$
declare
    shift constant integer := case when cardinality(fields) = 5 then 1 else 0 end;
    names constant text[] := '{second,minute,hour,day of month,month,day of week,year}';
    expected constant text[] := array['0-59', '0-59', '0-23', '1-31', '1-12 or JAN-DEC',
        case when shift = 1 then '0-7 or SUN-SAT' else '1-7 (1 is Sunday) or SUN-SAT' end, '1970-2299'];
    lowest constant integer[] := array[0, 0, 0, 1, 1, 1 - shift, 1970];
    highest constant integer[] := array[59, 59, 23, 31, 12, 7, 2299];
    words constant text[] := array[null, null, null, null, 'JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC', 'SUN|MON|TUE|WED|THU|FRI|SAT', null];
    f integer;
    value text;
    item text;
    bad text;
    number text;
    put text;
begin
    for i in 1 .. cardinality(fields) loop
        f := i + shift;
        -- What operators mostly write.
        continue when fields[i] ~ '^(\*|\?)$';
        value := '(?:[0-9]{1,4}' || coalesce('|' || words[f], '') || ')';
        foreach item in array string_to_array(upper(fields[i]), ',') loop
            if item = '' then
                problem := format('%s ''%s'' has an empty place in its list', names[f], fields[i]);
                put := trim(both ',' from regexp_replace(fields[i], ',{2,}', ',', 'g'));
            elsif item ~ '/0+$' then
                problem := format('%s ''%s'' has a step of 0; expected at least 1', names[f], fields[i]);
            elsif item ~ ('^(?:\*|\?|' || value || '(?:-' || value || ')?)?(?:/[0-9]{1,4})?$')
                or item ~ '^H(?:\([0-9]{1,4}-[0-9]{1,4}\))?(?:/[0-9]{1,4})?$'
                or (f = 4 and item ~ '^(?:LW?|L-[0-9]{1,2}W?|[0-9]{1,2}W|WL)$')
                or (f = 6 and item ~ ('^(?:L|L-[0-9]|' || value || '(?:L|#[0-9]{1,2}(?:/[0-9]+)?))$')) then
                -- Numbers in range; those behind a / or # are steps and weeks, those behind L- are days before the end.
                select m[1] into bad from regexp_matches(regexp_replace(item, '/[0-9]+|#[0-9]+|L-[0-9]+', '', 'g'), '([0-9]+)', 'g') as m
                where m[1]::integer not between lowest[f] and highest[f] limit 1;
                if bad is not null then
                    problem := format('%s ''%s'' cannot be read; expected %s', names[f], fields[i], expected[f]);
                    -- The hour 24 is the hour 0, the minute 60 the minute 0.
                    put := case when f <= 3 and bad::integer = highest[f] + 1 and item = bad then '0' end;
                end if;
            else
                problem := format('%s ''%s'' cannot be read; expected %s, *, a list, a range or a step', names[f], fields[i], expected[f]);
                if words[f] is not null then
                    select regexp_replace(item, m[1], near.word) into put
                    from regexp_matches(item, '([A-Z]+)', 'g') as m,
                        lateral (select coalesce((select w from unnest(string_to_array(words[f], '|')) w where m[1] like w || '%'),
                            scheduler_private.nearest(m[1], string_to_array(words[f], '|'))) as word) near
                    where m[1] !~ ('^(?:' || words[f] || ')$') and near.word is not null limit 1;
                end if;
            end if;
            if problem is not null then
                problem := format('schedule ''%s'': %s', part, problem);
                if put is not null then
                    number := case when problem like '%empty place%' then put else array_to_string(array_replace(
                        string_to_array(upper(fields[i]), ','), item, put), ',') end;
                    meant := array_to_string(fields[: i - 1] || number || fields[i + 1 :], ' ');
                end if;
                return;
            end if;
        end loop;
    end loop;
    if shift = 1 and fields[3] !~ '^[*?]$' and fields[5] !~ '^[*?]$' and (fields[3] like '*%' or fields[5] like '*%') then
        problem := format('schedule ''%s'': crons disagree on what day ''%s'' together with weekday ''%s'' means; '
            'expected one of the two as *, or days listed without a leading *', part, fields[3], fields[5]);
    end if;
end $$;
