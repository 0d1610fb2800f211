-- Take the params from behind a part of a schedule: EventReader.Split.
--   whole   the part
-- Returns part without them; problem and, where it can be told, meant when what stands there is none.
create or replace function scheduler_private.params_problem(whole text, out part text, out problem text, out meant text)
language plpgsql stable as $$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'events';
    plain constant text := trim(regexp_replace(whole, '[ \t\n\r]+', ' ', 'g'));
    groups text[] := regexp_match(plain, grammar ->> 'with_pattern');
    repair jsonb;
begin
    part := whole;
    if groups is null then
        if plain !~ (grammar ->> 'with_slip') or coalesce((select f.event is not null and f.problem is null from scheduler_private.event_form(plain) f), false) then
            return;
        end if;
        problem := ': ' || (grammar ->> 'wrong_params');
    else
        problem := scheduler_private.params_wrong(string_to_array(groups[2], ' '));
        part := groups[1];
        if problem is null then
            return;
        end if;
    end if;
    problem := format('schedule ''%s''%s', whole, problem);
    groups := regexp_match(plain, '^(.*) with (.*)$');
    if groups is null then
        return;
    end if;
    meant := groups[2];
    for repair in select * from jsonb_array_elements(grammar -> 'param_repairs') loop
        meant := regexp_replace(meant, repair ->> 'pattern', repair ->> 'put', 'g');
    end loop;
    meant := groups[1] || ' with ' || trim(meant);
    groups := regexp_match(meant, grammar ->> 'with_pattern');
    if meant = plain or groups is null or scheduler_private.params_wrong(string_to_array(groups[2], ' ')) is not null then
        meant := null;
    end if;
end $$;
