-- What is wrong with one part of a schedule that is due by the clock: what SchedulePart.Parse says.
--   part        e.g. '*/5 * * * *', 'every 30s', '@daily', 'at 2026-12-01T02:00:00Z', 'rrule FREQ=DAILY'
--   time_zone   zone of its local times
--   starts      what rules count from; null: nothing
-- Returns problem and, where it can be told, meant. Both null when nothing is wrong.
create or replace function scheduler_private.schedule_part_problem(part text, time_zone text, starts timestamptz, out problem text, out meant text)
language plpgsql stable as $$
declare
    expected constant text := scheduler_private.schedule_grammar() ->> 'expected';
    part_max constant integer := (scheduler_private.schedule_grammar() #>> '{limits,part}')::integer;
    macros constant text[] := (scheduler_private.schedule_grammar() ->> 'macros')::text[];
    words constant text[] := regexp_split_to_array(part, '[ \t\n\r]+');
    count constant integer := cardinality(words);
    slip record;
    near text;
begin
    if length(part) > part_max then
        problem := format('a part of the schedule has %s characters; expected at most %s', length(part), part_max);
    elsif part = '' then
        problem := 'a schedule is empty; ' || expected;
    elsif part = 'manual' then
        problem := 'schedule ''manual'' stands beside others; expected it alone';
    elsif words[1] = 'every' then
        if count <> 2 or coalesce(scheduler_private.duration_seconds(words[2]), 0) < 1 then
            select e.problem, e.meant into problem, meant from scheduler_private.every_problem(part, array_to_string(words[2:], ' ')) e;
        end if;
    elsif count = 1 and part = any (macros) then
        return;
    elsif words[1] = 'at' then
        select a.problem, a.meant into problem, meant from scheduler_private.at_problem(part, words, time_zone) a;
    elsif words[1] = 'rrule' then
        select r.problem, r.meant into problem, meant from scheduler_private.rrule_problem(part, words, starts is not null) r;
    else
        if count between 5 and 7 then
            select c.problem, c.meant into problem, meant from scheduler_private.cron_problem(part, words) c;
            if problem is null then
                return;
            end if;
        end if;
        -- What is like a text from elsewhere is said about only when it cannot be read.
        select s.problem, s.meant into slip from scheduler_private.slip_problem(part, words) s;
        if slip.problem is not null then
            problem := slip.problem;
            meant := slip.meant;
            return;
        elsif problem is not null then
            return;
        end if;
        if count = 1 then
            near := coalesce(scheduler_private.nearest('@' || ltrim(part, '@'), macros), scheduler_private.nearest(part, '{manual}'));
        end if;
        if near is not null or starts_with(words[1], '@') then
            problem := format('schedule ''%s'' is not known', part);
            meant := coalesce(near, scheduler_private.nearest(words[1], macros));
            if meant is null then
                problem := problem || '; expected one of ' || array_to_string(macros, ', ');
            end if;
            return;
        end if;
        if count > 1 and length(words[1]) > 1 then
            near := scheduler_private.nearest(words[1], (scheduler_private.schedule_grammar() ->> 'words')::text[]);
        end if;
        if near is not null then
            problem := format('schedule ''%s'' is not known', part);
            meant := near || substr(part, length(words[1]) + 1);
        else
            problem := format('schedule ''%s'' has %s; %s', part, count || case when count = 1 then ' field' else ' fields' end, expected);
        end if;
    end if;
end $$;
