-- What is wrong with one part of a schedule.
--   part   e.g. '*/5 * * * *', 'every 30s', '@daily', 'at 2026-12-01T02:00:00Z', 'rrule FREQ=DAILY', 'after x on any', 'on notify channel'
-- Returns problem and, where it can be told, meant: the part put right. Both null when nothing is wrong.
create or replace function scheduler_private.schedule_part_problem(part text, out problem text, out meant text)
language plpgsql stable as $$
declare
    expected constant text := 'expected 5 cron fields (minute hour day month weekday), 6 or 7 Quartz fields, a macro such as @daily, ''every 5m'', '
        '''at 2026-12-01T02:00:00Z'', ''rrule FREQ=…'', ''after JOB'', ''on startup'', ''on release'', ''on notify CHANNEL'' or ''manual''';
    part_max constant integer := 500;
    macros constant text[] := '{@hourly,@daily,@weekly,@monthly,@yearly,@annually,@midnight}';
    keywords constant text[] := '{every,at,rrule,after,on,manual}';
    words constant text[] := regexp_split_to_array(part, '[ \t\n\r]+');
    rest constant text := trim(substring(part from '^\S+\s+(.*)$'));
    count constant integer := cardinality(words);
    near text;
begin
    -- What the trigger reads is no mistake; params are looked at where they are used.
    if part ~ '\swith\s+[^\s=]+=[^\s;,]+(\s+[^\s=]+=[^\s;,]+)*$' then
        select p.problem, p.meant into problem, meant from scheduler_private.schedule_part_problem(trim(both E' \t\n\r' from
            regexp_replace(part, '\swith\s+[^\s=]+=[^\s;,]+(\s+[^\s=]+=[^\s;,]+)*$', ''))) p;
        return;
    elsif part ~ '^(after .* (and|from startup|\+) |after .* from startup$|on .* \+ |on node start$|every .* after end$)'
        and exists (select from scheduler_private.subscriptions_of('', part)) then
        return;
    end if;
    if length(part) > part_max then
        problem := format('a part of the schedule has %s characters; expected at most %s', length(part), part_max);
    elsif part = '' then
        problem := 'a schedule is empty; ' || expected;
    elsif part = 'manual' then
        problem := 'schedule ''manual'' stands beside others; expected it alone';
    elsif words[1] = 'every' then
        if count <> 2 or coalesce(scheduler_private.duration_seconds(words[2]), 0) < 1 then
            problem := format('schedule ''%s'' cannot be read; expected ''every'' and a duration of at least 1s, such as ''every 30s'' or ''every 1h30m''',
                part);
            meant := 'every ' || scheduler_private.duration_meant(rest);
        end if;
    elsif part like '@%' then
        if not (count = 1 and part = any (macros)) then
            problem := format('schedule ''%s'' is not known; expected one of %s', part, array_to_string(macros, ', '));
            meant := case words[1]
                when '@every' then 'every ' || coalesce(scheduler_private.duration_meant(rest), rest)
                when '@reboot' then 'on startup'
                else scheduler_private.nearest(words[1], macros)
            end;
        end if;
    elsif words[1] = 'at' then
        begin
            if rest !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ]\s*[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.0+)?)?)?\s*(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?$'
                or rest::timestamptz is null or rest is null then
                raise invalid_datetime_format;
            end if;
        exception when invalid_datetime_format or datetime_field_overflow then
            problem := format('schedule ''%s'' cannot be read; expected ''at'' and an instant such as 2026-12-01T02:00:00Z', part);
        end;
    elsif words[1] = 'rrule' then
        select r.problem, r.meant into problem, meant from scheduler_private.rrule_problem(part, rest) r;
    elsif words[1] = 'after' then
        if not (count = 2 or (count = 4 and words[3] = 'on' and words[4] in ('success', 'failure', 'any'))) then
            problem := format('schedule ''%s'' cannot be read; expected ''after JOB'', ''after JOB on success'', ''after JOB on failure'' or '
                '''after JOB on any''', part);
            near := scheduler_private.nearest(words[count], '{success,failure,any}');
            meant := case when count = 4 and near is not null then format('after %s on %s', words[2], near)
                when count = 3 and near is not null then format('after %s on %s', words[2], near) end;
        elsif words[2] !~ '^[a-z0-9._/{}-]{1,200}$' then
            problem := format('schedule ''%s'': ''%s'' is no job''s name; expected 1 to 200 lower-case letters, digits and . _ - /', part, words[2]);
        end if;
    elsif words[1] = 'on' then
        if count = 3 and words[2] = 'notify' and words[3] !~ '^[a-z_][a-z0-9_]{0,62}$' then
            problem := format('schedule ''%s'': ''%s'' is no channel; expected at most 63 lower-case letters, digits and _, not beginning with a digit',
                part, words[3]);
            meant := case when lower(words[3]) ~ '^[a-z_][a-z0-9_]{0,62}$' then 'on notify ' || lower(words[3]) end;
        elsif count = 3 and words[2] = 'notify' and words[3] like 'scheduler\_%' then
            problem := format('schedule ''%s'': channels named scheduler_… are the scheduler''s own; expected another name', part);
        elsif not ((count = 2 and words[2] in ('startup', 'release')) or (count = 3 and words[2] = 'notify')) then
            problem := format('schedule ''%s'' cannot be read; expected ''on startup'', ''on release'' or ''on notify CHANNEL''', part);
            near := case when words[2] in ('start', 'boot') then 'startup' else scheduler_private.nearest(words[2], '{startup,release,notify}') end;
            meant := case when (count = 2 and near <> 'notify') or (count = 3 and near = 'notify')
                then 'on ' || near || coalesce(' ' || words[3], '') end;
        end if;
    elsif scheduler_private.duration_meant(part) is not null then
        -- pg_cron writes '30 seconds'.
        problem := format('schedule ''%s'' cannot be read; expected ''every'' before a duration', part);
        meant := 'every ' || scheduler_private.duration_meant(part);
    elsif count between 5 and 7 then
        select c.problem, c.meant into problem, meant from scheduler_private.cron_problem(part, words) c;
    else
        near := scheduler_private.nearest(words[1], keywords);
        if count = 1 then
            near := coalesce(case when ('@' || lower(part)) = any (macros) then '@' || lower(part) end,
                scheduler_private.nearest('@' || part, macros), case when near = 'manual' then near end);
            meant := near;
        elsif near is not null and near <> 'manual' then
            select case when p.problem is null then near || ' ' || rest else p.meant end into meant
            from scheduler_private.schedule_part_problem(near || ' ' || rest) p;
        end if;
        problem := format('schedule ''%s'' has %s; %s', part, count || case when count = 1 then ' field' else ' fields' end, expected);
    end if;
end $$;
