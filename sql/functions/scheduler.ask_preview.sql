-- Put the question of scheduler.preview down and tell the nodes.
--   schedule, time_zone, n, from   as there
-- Returns its number, for scheduler.preview_answer. Questions older than an hour are forgotten.
create or replace function scheduler.ask_preview(schedule text, time_zone text, n integer, "from" timestamptz default null) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    question bigint;
begin
    if ask_preview.schedule is null or ask_preview.time_zone is null or length(ask_preview.schedule) > 10000 or length(ask_preview.time_zone) > 200 then
        raise exception 'schedule and time_zone are expected, of at most 10000 and 200 characters' using errcode = 'invalid_parameter_value';
    end if;
    if ask_preview.n is null or ask_preview.n not between 1 and 1000 then
        raise exception 'n is %; expected 1 to 1000', coalesce(ask_preview.n::text, 'null') using errcode = 'invalid_parameter_value';
    end if;
    if ask_preview."from" not between '1970-01-01Z' and '9999-01-01Z' then
        raise exception 'from is %; expected an instant of the years 1970 to 9998', ask_preview."from" using errcode = 'invalid_parameter_value';
    end if;
    delete from scheduler_private.question q where q.asked_at < clock_timestamp() - interval '1 hour';
    insert into scheduler_private.question (schedule, time_zone, fires, due_after)
    values (ask_preview.schedule, ask_preview.time_zone, ask_preview.n, ask_preview."from") returning id into question;
    perform pg_notify('scheduler_questions', '');
    return question;
end $$;
