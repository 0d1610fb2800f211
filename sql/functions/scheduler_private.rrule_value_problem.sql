-- What is wrong with the value of one part of a recurrence rule.
--   key     the part, of schedule_grammar
--   value   what stands right of its =, in upper case
-- Returns problem and, where it can be told, meant: the value put right. Both null when nothing is wrong.
create or replace function scheduler_private.rrule_value_problem(key jsonb, value text, out problem text, out meant text)
language plpgsql immutable as $$
declare
    form constant text := key ->> 'form';
    valid constant text[] := array(select jsonb_array_elements_text(scheduler_private.schedule_grammar() -> 'rule' -> case form
        when 'Frequency' then 'frequencies' else 'weekdays' end));
    one text;
begin
    if form in ('Frequency', 'Weekday') then
        if not (value = any (valid)) then
            meant := scheduler_private.nearest(value, valid);
            problem := format('%s is ''%s''%s', key ->> 'name', value,
                case when meant is null then '; expected one of ' || array_to_string(valid, ', ') else '' end);
        end if;
        return;
    end if;
    foreach one in array case when form in ('Number', 'Instant') then array[value] else string_to_array(value, ',') end loop
        if form = 'Instant' then
            continue when one ~ '^[0-9]{8}(?:T[0-9]{6}Z?)?$' and scheduler_private.local_time(
                regexp_replace(left(one || 'T000000', 15), '^(....)(..)(..)T(..)(..)(..)$', '\1-\2-\3T\4:\5:\6')) is not null;
        elsif form = 'Weekdays' then
            continue when right(one, 2) = any (valid)
                and (length(one) = 2 or scheduler_private.rrule_number(key, left(one, -2)) is not null);
            meant := scheduler_private.nearest(one, valid);
        else
            continue when scheduler_private.rrule_number(key, one) is not null;
        end if;
        problem := format('%s is ''%s''%s', key ->> 'name', one, case when meant is null then '; expected ' || (key ->> 'expected') else '' end);
        return;
    end loop;
end $$;
