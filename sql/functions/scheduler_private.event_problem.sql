-- What is wrong with a part that is due by an event: EventReader.Read.
--   part   the part, without params
-- Returns is_event, false when it is the clock's; event; problem and, where it can be told, meant: the part put right.
create or replace function scheduler_private.event_problem(part text, out is_event boolean, out event text, out problem text, out meant text)
language plpgsql stable as $$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'events';
    words constant text[] := regexp_split_to_array(part, '[ \t\n\r]+');
    plain constant text := array_to_string(words, ' ');
    rule jsonb;
    groups text[];
    place text;
    near text;
    put text := plain;
begin
    is_event := words[1] in ('after', 'on') or (words[1] = 'every' and plain || ' ' ~ (grammar ->> 'every_after'));
    if not is_event then
        return;
    end if;
    select f.event, f.problem into event, problem from scheduler_private.event_form(plain) f;
    if event is not null and problem is null then
        return;
    end if;
    problem := format('schedule ''%s''%s', part, coalesce(problem,
        (select ' ' || (r.refusal ->> 'why') from jsonb_array_elements(grammar -> 'refusals') with ordinality as r (refusal, n)
         where plain collate "C" ~* (r.refusal ->> 'pattern') order by r.n limit 1),
        ' cannot be read; ' || (grammar -> 'expected' ->> words[1])));
    event := null;
    -- As in the node: patterns that ignore case would take letters of other scripts for Latin ones.
    if octet_length(plain) <> length(plain) then
        return;
    end if;
    for rule in select * from jsonb_array_elements(grammar -> 'repairs') loop
        if rule ->> 'head' = '' or starts_with(put, (rule ->> 'head') || ' ') then
            put := regexp_replace(put collate "C", rule ->> 'pattern', rule ->> 'put', 'gi');
        end if;
    end loop;
    for place in select * from jsonb_array_elements_text(grammar -> 'durations') loop
        groups := regexp_match(put, place);
        if groups is not null then
            put := groups[1] || coalesce(scheduler_private.duration_meant(groups[2]), groups[2]) || groups[3];
        end if;
    end loop;
    put := trim(regexp_replace(put, ' +', ' ', 'g'));
    if put <> plain and (select f.event is not null and f.problem is null from scheduler_private.event_form(put) f) then
        meant := put;
        return;
    end if;
    for i in 1 .. cardinality(words) loop
        near := scheduler_private.nearest(words[i], (grammar ->> 'keywords')::text[]);
        continue when near is null or near = words[i];
        put := array_to_string(words[: i - 1] || near || words[i + 1 :], ' ');
        if (select f.event is not null and f.problem is null from scheduler_private.event_form(put) f) then
            meant := put;
            return;
        end if;
    end loop;
end $$;
