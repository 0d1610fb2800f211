-- What is wrong with the parts of a recurrence rule beside each other; null when nothing is.
--   given   the parts by name, each right by itself
create or replace function scheduler_private.rrule_parts_problem(given jsonb) returns text
language plpgsql immutable strict as $$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'rule';
    frequency constant text := given ->> 'FREQ';
    numbered_with constant jsonb := grammar -> 'numbered_with';
    chooses constant text := grammar ->> 'chooses';
    key jsonb;
    numbered text;
begin
    if given ?& array(select jsonb_array_elements_text(grammar -> 'only_one_of')) then
        return array_to_string(array(select jsonb_array_elements_text(grammar -> 'only_one_of')), ' and ') || ' are both given; expected one of them';
    end if;
    for key in select k from jsonb_array_elements(grammar -> 'keys') with ordinality as e (k, n)
        where given ? (k ->> 'name') and not k -> 'with' ? frequency order by n
    loop
        return format('%s has no meaning with FREQ=%s; expected it with FREQ=%s', key ->> 'name', frequency, scheduler_private.listed(key -> 'with'));
    end loop;
    select d into numbered from unnest(string_to_array(given ->> 'BYDAY', ',')) with ordinality as e (d, n) where length(d) > 2 order by n limit 1;
    if numbered is not null then
        numbered := left(numbered, -2)::integer || right(numbered, 2);
        if not numbered_with ? frequency then
            return format('BYDAY is ''%s'': a number has no meaning with FREQ=%s; expected %s, or FREQ=%s', numbered, frequency, right(numbered, 2),
                scheduler_private.listed(numbered_with));
        elsif given ? (grammar ->> 'numbered_without') then
            return format('BYDAY is ''%s'': a number has no meaning beside %s; expected %s', numbered, grammar ->> 'numbered_without', right(numbered, 2));
        end if;
    end if;
    if given ? chooses and not exists (select from jsonb_object_keys(given) k where k <> chooses and starts_with(k, 'BY')) then
        return chooses || ' stands alone; expected it beside another BY part, such as BYDAY, to choose from';
    end if;
    return null;
end $$;
