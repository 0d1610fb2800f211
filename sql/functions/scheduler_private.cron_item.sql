-- What one item of a cron field's list names: CronReader.Numbers.
--   form   the field, of schedule_grammar
--   item   the item, in upper case
-- Returns first, last and step, last greater than the field's highest where it goes on over the end; or why it is none, put (the item put right), and
-- step_wrong when the step is too long.
create or replace function scheduler_private.cron_item(form jsonb, item text,
    out first integer, out last integer, out step integer, out why text, out put text, out step_wrong boolean)
language plpgsql immutable as $$
declare
    base constant text := split_part(item, '/', 1);
    begins constant text := split_part(base, '-', 1);
    is_range constant boolean := position('-' in base) > 0;
    has_step constant boolean := position('/' in item) > 0;
    ends constant text := case when is_range then substr(base, length(begins) + 2) end;
    steps constant text := case when has_step then substr(item, length(base) + 2) end;
    lowest constant integer := (form -> 'lowest')::integer;
    highest constant integer := (form -> 'highest')::integer;
    round constant integer := (form -> 'round')::integer;
    value text;
begin
    -- The pattern of the field's items, without a regular expression: it takes ten times as long, and thousands of jobs may come in one statement.
    first := case base when '*' then lowest else scheduler_private.cron_value(form, begins) end;
    last := case when base = '*' then highest when is_range then scheduler_private.cron_value(form, ends) when has_step then highest else first end;
    step := case when not has_step then 1 when steps <> '' and length(steps) <= 4 and translate(steps, '0123456789', '') = '' then steps::integer end;
    if first is null or last is null or step is null then
        select s.why, s.put into why, put from scheduler_private.cron_slip(form, item) s;
        return;
    end if;
    value := case when first not between lowest and highest then begins when last not between lowest and highest then ends end;
    if value is not null then
        why := 'cannot be read; expected ' || (form ->> 'expected');
        -- The hour 24 is the hour 0, the minute 60 the minute 0; who writes six fields for Spring or Go counts Sunday as 0.
        put := case when item <> value then null
            when first = highest + 1 and scheduler_private.schedule_grammar() -> 'cron_units' ? (form ->> 'name') then '0'
            when first = 0 and cardinality((form ->> 'names')::text[]) = 7 then ((form ->> 'names')::text[])[1] end;
        return;
    end if;
    if step = 0 then
        why := 'has a step of 0; expected at least 1';
        return;
    elsif step > (form -> 'step_most')::integer then
        why := format('has a step of %s; expected at most %s', step, form ->> 'step_most');
        step_wrong := true;
        return;
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
