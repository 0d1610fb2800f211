-- Trigger function of scheduler.job, once a statement: judge what jobs say of each other, and write down each new version with who made it and why.
-- What nodes note in the row (problem, next_fire_at) makes no version and is left out.
-- Told by the session: scheduler.reason, and scheduler.source ('cli', 'api'; 'file' stands for the row's own file:line; default 'sql').
create or replace function scheduler_private.job_versioned() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
-- Joins of the statement's rows are hashed, whatever a plan made for few of them says.
set jit = off set enable_nestloop = off set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'postgres' as $$
declare
    noted constant text[] := '{version,problem,next_fire_at,created_at,updated_at,source}';
    reason_max constant integer := 2000;
    told_source constant text := coalesce(nullif(left(current_setting('scheduler.source', true), 300), ''), 'sql');
    told_reason constant text := nullif(left(current_setting('scheduler.reason', true), reason_max), '');
    told_action constant text := nullif(current_setting('scheduler_private.action', true), '');
    moment constant timestamptz := clock_timestamp();
begin
    if tg_op = 'UPDATE' then
        if not exists (select from new_row n join old_row o on o.name = n.name where n.version <> o.version) then
            return null;
        end if;
        perform scheduler_private.check_links(array(select n.name from new_row n join old_row o on o.name = n.name
            where n.schedule <> o.schedule and n.made_by is null), '{}');
        insert into scheduler_private.job_version (job, version, action, definition, changes, role, application, source, reason, at)
        select n.name, n.version, coalesce(told_action, case
                when c.changes - '{paused_at,paused_by,pause_reason,paused_until}'::text[] = '{}' then
                    case when n.paused_at is null then 'resume' else 'pause' end
                when c.changes - 'enabled' = '{}' then case when n.enabled then 'enable' else 'disable' end
                else 'update' end),
            d.definition, c.changes, session_user, current_setting('application_name'),
            case told_source when 'file' then n.source else told_source end, told_reason, moment
        from new_row n join old_row o on o.name = n.name,
            -- Made once a row: without the offset they would be made for each column.
            lateral (select to_jsonb(n) - noted as definition, to_jsonb(o) - noted as former offset 0) d,
            lateral (select coalesce(jsonb_object_agg(a.key, jsonb_build_array(d.former -> a.key, a.value)), '{}') as changes
                     from jsonb_each(d.definition) a where a.value is distinct from d.former -> a.key) c
        where n.version <> o.version order by n.name;
    elsif tg_op = 'INSERT' then
        perform scheduler_private.check_links(array(select n.name from new_row n where n.made_by is null), '{}');
        insert into scheduler_private.job_version (job, version, action, definition, role, application, source, reason, at)
        select n.name, n.version, coalesce(told_action, 'insert'), to_jsonb(n) - noted, session_user, current_setting('application_name'),
            case told_source when 'file' then n.source else told_source end, told_reason, moment
        from new_row n order by n.name;
    else
        perform scheduler_private.check_links('{}', array(select o.name from old_row o where o.made_by is null));
        insert into scheduler_private.job_version (job, version, action, definition, role, application, source, reason, at)
        select o.name, o.version + 1, 'delete', to_jsonb(o) - noted, session_user, current_setting('application_name'),
            case told_source when 'file' then o.source else told_source end, told_reason, moment
        from old_row o order by o.name;
    end if;
    return null;
end $$;

create or replace trigger job_versioned_insert after insert on scheduler.job
    referencing new table as new_row for each statement execute function scheduler_private.job_versioned();
create or replace trigger job_versioned_update after update on scheduler.job
    referencing old table as old_row new table as new_row for each statement execute function scheduler_private.job_versioned();
create or replace trigger job_versioned_delete after delete on scheduler.job
    referencing old table as old_row for each statement execute function scheduler_private.job_versioned();
