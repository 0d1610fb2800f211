-- A node's answer to a question of scheduler.ask_preview.
--   question   its number
-- Returns null while there is none; raises what the node refused.
create or replace function scheduler.preview_answer(question bigint) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found scheduler_private.question;
begin
    select q.* into found from scheduler_private.question q where q.id = preview_answer.question;
    if found.error is not null then
        raise exception '%', found.error using errcode = 'invalid_parameter_value';
    end if;
    return found.answer;
end $$;
