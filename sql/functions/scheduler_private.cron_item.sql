-- What one item of a cron field's list names: CronReader.Numbers.
--   form   the field, of schedule_grammar
--   item   the item, in upper case
-- Returns first, last and step, last greater than the field's highest where it goes on over the end; or why it is none, put (the item put right) and
-- interval (a step that fills more than the next larger unit).
create or replace function scheduler_private.cron_item(form jsonb, item text,
    out first integer, out last integer, out step integer, out why text, out put text, out step_wrong boolean)
language plpgsql immutable as $$
declare
    groups constant text[] := regexp_match(item, form ->> 'item');
    lowest constant integer := (form -> 'lowest')::integer;
    highest constant integer := (form -> 'highest')::integer;
    round constant integer := (form -> 'round')::integer;
    value text;
begin
    first := lowest;
    last := highest;
    step := 1;
    if groups is null then
        select s.why, s.put into why, put from scheduler_private.cron_slip(form, item) s;
        return;
    end if;
    if groups[2] is not null then
        first := scheduler_private.cron_value(form, groups[2]);
        last := case when groups[3] is not null then scheduler_private.cron_value(form, groups[3]) when groups[4] is null then first else highest end;
        value := case when first not between lowest and highest then groups[2] when last not between lowest and highest then groups[3] end;
        if value is not null then
            why := 'cannot be read; expected ' || (form ->> 'expected');
            -- The hour 24 is the hour 0, the minute 60 the minute 0; who writes six fields for Spring or Go counts Sunday as 0.
            put := case when item <> value then null
                when first = highest + 1 and scheduler_private.schedule_grammar() -> 'cron_units' ? (form ->> 'name') then '0'
                when first = 0 and jsonb_array_length(form -> 'names') = 7 then form #>> '{names,0}' end;
            return;
        end if;
    end if;
    if groups[4] is not null then
        step := groups[4];
        if step = 0 then
            why := 'has a step of 0; expected at least 1';
            return;
        elsif step > (form -> 'step_most')::integer then
            why := format('has a step of %s; expected at most %s', step, form ->> 'step_most');
            step_wrong := true;
            return;
        end if;
    end if;
    -- Sunday as 7 begins the week where more follows it.
    if last < first and first = lowest + round then
        first := lowest;
    end if;
    if last < first then
        if not (form -> 'wraps')::boolean then
            why := format('ends before it begins; expected %s, the smaller one first', form ->> 'expected');
            return;
        end if;
        last := last + round;
    end if;
end $$;
