-- Trigger function of scheduler.job, once a statement: mark the jobs it made, changed or removed as yet to be brought to Quartz.
-- Marks are made in the order of the names, so that two statements meet in one order.
create or replace function scheduler_private.job_to_store() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
-- A plan made for a statement of one row must not make a loop over all pairs of the rows of a statement of thousands.
set enable_nestloop = off set jit = off as $$
begin
    if tg_op = 'UPDATE' then
        -- Only new versions: what nodes note in the row (problem, next_fire_at) is none.
        insert into scheduler_private.job_change as c (job)
        select n.name from new_row n join old_row o on o.name = n.name where n.version <> o.version order by n.name
        on conflict (job) do update set mark = excluded.mark;
    elsif tg_op = 'INSERT' then
        insert into scheduler_private.job_change as c (job) select n.name from new_row n order by n.name
        on conflict (job) do update set mark = excluded.mark;
    else
        insert into scheduler_private.job_change as c (job) select o.name from old_row o order by o.name
        on conflict (job) do update set mark = excluded.mark;
    end if;
    return null;
end $$;

create or replace trigger job_to_store_insert after insert on scheduler.job
    referencing new table as new_row for each statement execute function scheduler_private.job_to_store();
create or replace trigger job_to_store_update after update on scheduler.job
    referencing old table as old_row new table as new_row for each statement execute function scheduler_private.job_to_store();
create or replace trigger job_to_store_delete after delete on scheduler.job
    referencing old table as old_row for each statement execute function scheduler_private.job_to_store();
