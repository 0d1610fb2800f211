-- 0040 · One grammar: schedules are judged with their zone and starts. Breaking: no.

-- Made anew with other parameters; of the others the work is done under new names.
drop function if exists scheduler_private.schedule_problem(text);
drop function if exists scheduler_private.schedule_part_problem(text);
drop function if exists scheduler_private.rrule_problem(text, text);
drop function if exists scheduler_private.check_blackout(text, jsonb);
