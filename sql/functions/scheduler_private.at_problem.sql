-- What is wrong with one instant: what AtPart.Of says.
--   part        as it was written, for the message
--   words       its words
--   time_zone   zone of a local time
create or replace function scheduler_private.at_problem(part text, words text[], time_zone text, out problem text, out meant text)
language plpgsql stable as $$
declare
    expected constant text := scheduler_private.schedule_grammar() #>> '{at,expected}';
    form constant text[] := regexp_match(array_to_string(words[2:], 'T'), scheduler_private.schedule_grammar() #>> '{at,form}');
    instant constant text[] := regexp_match(array_to_string(words[2:], ' '), scheduler_private.schedule_grammar() #>> '{at,meant}');
    day_max constant integer := 14 * 60;
    local timestamp;
    near timestamptz;
begin
    if cardinality(words) not between 2 and 3 or form is null then
        problem := format('schedule ''%s'' cannot be read; %s', part, expected);
        if instant is not null then
            meant := 'at ' || instant[1] || 'T' || coalesce(instant[2], '00:00') || coalesce(instant[3] || ':' || coalesce(instant[4], '00'), '')
                || case when instant[5] is not null then 'Z' else '' end;
        end if;
        return;
    end if;
    local := scheduler_private.local_time(form[1]);
    if local is null or local < timestamp '1970-01-01' or local > timestamp '9999-12-30' then
        problem := format('schedule ''%s'': there is no instant %s; %s', part, form[1], expected);
    elsif form[2] ~ '^[+-]' then
        if substr(form[2], 5)::integer > 59 or substr(form[2], 2, 2)::integer * 60 + substr(form[2], 5)::integer > day_max then
            problem := format('schedule ''%s'': ''%s'' is no offset; %s', part, form[2], expected);
        end if;
    elsif form[2] is null then
        -- The server reads a time that the clocks leave out as if they had not been put forward yet.
        near := local at time zone time_zone;
        if near at time zone time_zone <> local then
            problem := format('schedule ''%s'': there is no %s on %s in %s, where the clocks go forward; expected a time outside that hour, or an instant '
                'such as %s', part, to_char(local, 'HH24:MI:SS'), to_char(local, 'YYYY-MM-DD'), time_zone,
                to_char(near at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
        end if;
    end if;
end $$;
