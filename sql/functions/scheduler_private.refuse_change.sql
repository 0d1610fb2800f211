-- Trigger function of tables that are only added to.
create or replace function scheduler_private.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception '% of %.% is refused: versions of jobs are only added', lower(tg_op), tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege', hint = 'scheduler.undo(name) restores a former version as a new one';
end $$;

create or replace trigger version_stays before update or delete or truncate on scheduler_private.job_version
    for each statement execute function scheduler_private.refuse_change();
create or replace trigger chain_stays before update or delete or truncate on scheduler_private.job_chain
    for each statement execute function scheduler_private.refuse_change();
