-- What is wrong with an item of a cron field that cannot be read: CronSlips.Of and, where it knows nothing, what is expected.
--   form   the field, of schedule_grammar
--   item   the item, in upper case; null: it is not looked at
-- Returns why and, where it can be told, put: the item put right.
create or replace function scheduler_private.cron_slip(form jsonb, item text, out why text, out put text)
language plpgsql immutable as $$
declare
    names constant text[] := (form ->> 'names')::text[];
    slip jsonb;
    groups text[];
    word text[];
begin
    why := format('cannot be read; expected %s%s, *, a list, a range or a step', form ->> 'expected', form ->> 'special_expected');
    if item is null then
        return;
    end if;
    for slip in select * from jsonb_array_elements(scheduler_private.schedule_grammar() -> 'cron_slips') loop
        continue when slip ->> 'of' not in ('', form ->> 'name') or position(slip ->> 'needs' in item) = 0 or item !~ (slip ->> 'pattern');
        groups := regexp_match(item, slip ->> 'pattern');
        why := coalesce(replace(slip ->> 'why', '{0}', item), why);
        put := replace(replace(replace(slip ->> 'put', '{1}', coalesce(groups[1], '')), '{2}', coalesce(groups[2], '')), '{3}', coalesce(groups[3], ''));
        return;
    end loop;
    if cardinality(names) = 0 then
        return;
    end if;
    -- Whole names, and three of them with hyphens, which are a list.
    put := '';
    for word in select regexp_matches(item, '([A-Z]+)|([^A-Z]+)', 'g') loop
        put := put || coalesce(word[2], case when length(word[1]) >= (scheduler_private.schedule_grammar() -> 'cron_name_length')::integer
            then coalesce((select n.name from unnest(names) with ordinality as n (name, place) where starts_with(word[1], n.name) order by n.place limit 1),
                scheduler_private.nearest(word[1], names)) end, word[1]);
    end loop;
    if put ~ (scheduler_private.schedule_grammar() ->> 'cron_three') then
        put := replace(put, '-', ',');
    end if;
    if put = item or exists (select from unnest(string_to_array(put, ',')) p where p !~ (form ->> 'item')) then
        put := null;
    end if;
end $$;
