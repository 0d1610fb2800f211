-- Trigger function of scheduler.job: a job that a job with for_each made is changed where it comes from, not by hand. Pausing and resuming it is
-- allowed, and what nodes note in its row.
create or replace function scheduler_private.child_guard() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    free text[] := array['next_fire_at', 'problem', 'version', 'updated_at', 'paused_at', 'paused_by', 'pause_reason', 'paused_until'];
    made_by text := case when tg_op = 'INSERT' then new.made_by else coalesce(old.made_by, case when tg_op = 'UPDATE' then new.made_by end) end;
begin
    -- Nodes say that it is them; nobody gains a right by saying so.
    if made_by is not null and current_setting('scheduler.for_each', true) is distinct from made_by
        and (tg_op <> 'UPDATE' or to_jsonb(new) - free is distinct from to_jsonb(old) - free) then
        raise exception 'job % is made from a row by %', quote_literal(case when tg_op = 'INSERT' then new.name else old.name end), quote_literal(made_by)
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'change the row, or the job ' || quote_literal(made_by) || ': its children follow';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;

create or replace trigger child_guard_insert before insert on scheduler.job
    for each row when (new.made_by is not null) execute function scheduler_private.child_guard();
create or replace trigger child_guard_update before update on scheduler.job
    for each row when (old.made_by is not null or new.made_by is not null) execute function scheduler_private.child_guard();
create or replace trigger child_guard_delete before delete on scheduler.job
    for each row when (old.made_by is not null) execute function scheduler_private.child_guard();
