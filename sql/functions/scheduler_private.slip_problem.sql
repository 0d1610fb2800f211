-- What to say about a part that is like one of another scheduler: ScheduleSlips.Of. Both null when it is like nothing known.
--   part    as it was written, for the message
--   words   its words
create or replace function scheduler_private.slip_problem(part text, words text[], out problem text, out meant text)
language plpgsql immutable as $$
declare
    plain constant text := array_to_string(words, ' ');
    lower constant text := lower(plain collate "C");
    slip jsonb;
    groups text[];
begin
    if cardinality(words) > (scheduler_private.schedule_grammar() #>> '{limits,slip_words}')::integer or octet_length(part) <> length(part) then
        return;
    end if;
    for slip in select * from jsonb_array_elements(scheduler_private.schedule_grammar() -> 'slips') loop
        -- The server keeps few patterns ready, and most texts are like none.
        continue when position(slip ->> 'needs' in lower) = 0;
        groups := regexp_match(plain collate "C", '^(?:' || (slip ->> 'pattern') || ')$', case when (slip ->> 'cased')::boolean then 'c' else 'i' end);
        continue when groups is null;
        meant := scheduler_private.slip_filled(slip ->> 'meant', groups);
        continue when meant is null and slip ->> 'meant' is not null;
        problem := format('schedule ''%s'' %s', part, scheduler_private.slip_filled(slip ->> 'why', groups));
        return;
    end loop;
end $$;
