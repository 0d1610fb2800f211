-- What is wrong with a recurrence rule (RFC 5545): what RecurrenceGrammar says, by the same tables. Whether it is ever due, a node judges.
--   part         as it was written, for the message
--   words        its words: 'rrule' and the rule
--   has_starts   true when the job has starts
-- Returns problem and, where it can be told, meant: the word put right. Both null when nothing is wrong.
create or replace function scheduler_private.rrule_problem(part text, words text[], has_starts boolean, out problem text, out meant text)
language plpgsql immutable as $$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'rule';
    rule_max constant integer := (scheduler_private.schedule_grammar() #>> '{limits,rule}')::integer;
    names constant text[] := (grammar ->> 'names')::text[];
    needs_starts constant text := grammar ->> 'needs_starts';
    given jsonb := '{}';
    piece text;
    name text;
    key jsonb;
    value text;
begin
    if cardinality(words) <> 2 or length(words[2]) > rule_max then
        problem := format('schedule ''%s'' cannot be read; expected ''rrule'' and one rule without blanks of at most %s characters, such as '
            '''rrule FREQ=MONTHLY;BYDAY=2MO;BYHOUR=9''', part, rule_max);
        return;
    end if;
    foreach piece in array string_to_array(regexp_replace(upper(words[2] collate "C"), '^RRULE:', ''), ';') loop
        name := split_part(piece, '=', 1);
        value := substr(piece, length(name) + 2);
        if not (name = any (names)) then
            problem := format('''%s'' is no part of a rule', name);
            meant := scheduler_private.nearest(name, names);
            problem := problem || case when meant is null then '; expected one of ' || array_to_string(names, ', ') else '' end;
        elsif value = '' then
            problem := format('%s has no value; expected %s= and %s', name, name, grammar #>> array['keys', (array_position(names, name) - 1)::text, 'expected']);
        elsif given ? name then
            problem := format('%s is given twice; expected it once', name);
        end if;
        exit when problem is not null;
        given := given || jsonb_build_object(name, value);
    end loop;
    if problem is null and not given ? 'FREQ' then
        problem := 'FREQ is not given; expected FREQ= and one of ' || scheduler_private.listed(grammar -> 'frequencies');
    end if;
    if problem is null then
        for key in select k from jsonb_array_elements(grammar -> 'keys') with ordinality as e (k, n) where given ? (k ->> 'name') order by n loop
            select v.problem, v.meant into problem, meant from scheduler_private.rrule_value_problem(key, given ->> (key ->> 'name')) v;
            exit when problem is not null;
        end loop;
    end if;
    problem := coalesce(problem, scheduler_private.rrule_parts_problem(given));
    if problem is not null then
        problem := format('schedule ''%s'': %s', part, problem);
    elsif given ? needs_starts and not has_starts then
        problem := format('schedule ''%s'': %s counts from the job''s ''starts'', and it has none; expected ''starts'', or UNTIL instead', part, needs_starts);
    end if;
end $$;
