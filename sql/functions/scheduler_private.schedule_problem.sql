-- What is wrong with a schedule (design §5). Only its form is judged, and nothing is refused that a node can read: what Quartz alone can judge,
-- such as whether it is ever due, a node notes in the job's column problem.
--   schedule   the whole text
-- Returns problem and, where it can be told, meant: the schedule put right. Both null when nothing is wrong. Jobs that it names are not looked up.
create or replace function scheduler_private.schedule_problem(schedule text, out problem text, out meant text)
language plpgsql stable as $$
declare
    length_max constant integer := 1000;
    parts_max constant integer := 20;
    parts text[];
begin
    -- What most jobs have.
    if schedule = 'manual' or schedule ~ '^every [1-9][0-9]{0,5}[dhms]$'
        or schedule ~ ('^(?:0 )?(?:\*|\*/[1-9][0-9]?|[0-5]?[0-9]) (?:\*|\*/[1-9][0-9]?|1?[0-9]|2[0-3]) \* \* (?:\*|\?|[1-7])$') then
        return;
    end if;
    if length(schedule) > length_max then
        problem := format('schedule has %s characters; expected at most %s', length(schedule), length_max);
        return;
    end if;
    parts := scheduler_private.schedule_parts(schedule);
    if cardinality(parts) > parts_max then
        problem := format('schedule has %s parts; expected at most %s', cardinality(parts), parts_max);
        return;
    end if;
    if parts = '{manual}' then
        return;
    end if;
    for i in 1 .. cardinality(parts) loop
        select p.problem, p.meant into problem, meant from scheduler_private.schedule_part_problem(parts[i]) p;
        if problem is not null then
            if meant is not null then
                parts[i] := meant;
                meant := array_to_string(parts, '; ');
            elsif parts[i] = '' and cardinality(parts) > 1 then
                meant := nullif(array_to_string(array_remove(parts, ''), '; '), '');
            end if;
            return;
        end if;
    end loop;
end $$;
