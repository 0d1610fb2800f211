-- What is wrong with a schedule: what Schedule.Parse of a node says, by the same tables (schedule_grammar) and in the same order. With meant behind it
-- (; did you mean '…'?) it is the node's text. One thing only a node judges: whether a recurrence rule is ever due; it notes that in the job's column
-- problem. Jobs that the schedule names are not looked up.
--   schedule    the whole text
--   time_zone   zone of its local times, one the server knows
--   starts      what rules count from; null: nothing
-- Returns problem and, where it can be told, meant: the part, or the word of it, put right. Both null when nothing is wrong.
create or replace function scheduler_private.schedule_problem(schedule text, time_zone text, starts timestamptz, out problem text, out meant text)
language plpgsql stable as $$
declare
    length_max constant integer := (scheduler_private.schedule_grammar() #>> '{limits,schedule}')::integer;
    parts_max constant integer := (scheduler_private.schedule_grammar() #>> '{limits,parts}')::integer;
    parts text[];
    part text;
    is_event boolean;
    ends integer := 0;
begin
    -- What most jobs have.
    if schedule = 'manual' or schedule ~ '^every [1-9][0-9]{0,3}[dhms]$'
        or schedule ~ ('^(?:0 )?(?:\*|\*/(?:[1-9]|[1-5][0-9])|[0-5]?[0-9]) (?:\*|\*/(?:[1-9]|1[0-9]|2[0-3])|1?[0-9]|2[0-3]) '
            '(?:\*|\?|[1-9]|1[0-9]|2[0-8]) \* (?:\*|\?|[1-7]|(?:SUN|MON|TUE|WED|THU|FRI|SAT|MON-FRI))$')
    then
        return;
    end if;
    if length(schedule) > length_max then
        problem := format('the schedule has %s characters; expected at most %s', length(schedule), length_max);
        return;
    end if;
    parts := scheduler_private.schedule_parts(schedule);
    if cardinality(parts) > parts_max then
        problem := format('the schedule has %s parts; expected at most %s', cardinality(parts), parts_max);
        return;
    end if;
    if parts = '{manual}' then
        return;
    end if;
    foreach part in array parts loop
        if position('with' in part) > 0 then
            select w.part, w.problem, w.meant into part, problem, meant from scheduler_private.params_problem(part) w;
        end if;
        if problem is null then
            is_event := false;
            if part ~ '^(?:after|on|every)(?:[ \t\n\r]|$)' then
                select e.is_event, e.problem, e.meant, ends + (e.event is not distinct from 'end')::integer into is_event, problem, meant, ends
                from scheduler_private.event_problem(part) e;
            end if;
            if not is_event then
                select p.problem, p.meant into problem, meant from scheduler_private.schedule_part_problem(part, time_zone, starts) p;
            end if;
        end if;
        if problem is not null then
            return;
        end if;
    end loop;
    if ends > 1 then
        problem := format('schedule ''%s'' %s', schedule, scheduler_private.schedule_grammar() #>> '{events,several_ends}');
    end if;
end $$;
