-- Restore a former version of a job, as a new version; also of a job that was deleted.
--   name         the job's name
--   to_version   the version to restore; null: the one before the last change, or, of a deleted job, what it was
--   reason       why, for the audit; null: what the session says (scheduler.reason)
-- Returns the new version. With to_version a pause in force stays as it is; without, the last change is taken back whatever it was. Raises
-- no_data_found when there is no such job or version, and check_violation when what was is not valid any more.
create or replace function scheduler.undo(name text, to_version integer default null, reason text default null) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
#variable_conflict use_column
declare
    told constant text := coalesce(current_setting('scheduler.reason', true), '');
    present scheduler.job;
    former scheduler_private.job_version;
    restored scheduler.job;
    columns text;
    made integer;
begin
    select j.* into present from scheduler.job j where j.name = undo.name for no key update;
    select v.* into former from scheduler_private.job_version v
    where v.job = undo.name and (v.version = undo.to_version
        or (undo.to_version is null and (present.name is null or v.version < present.version) and v.action <> 'delete'))
    order by v.version desc limit 1;
    if not found then
        if present.name is null and not exists (select from scheduler_private.job_version v where v.job = undo.name) then
            perform scheduler_private.matching_jobs(undo.name);
        end if;
        raise exception 'job ''%'' has no version %', undo.name, coalesce(undo.to_version::text, 'before its first')
            using errcode = 'no_data_found', hint = format('its versions are %s', (select string_agg(v.version::text, ', ' order by v.version)
                from (select w.version from scheduler_private.job_version w where w.job = undo.name order by w.version desc limit 20) v));
    end if;
    restored := jsonb_populate_record(present, former.definition);
    perform set_config('scheduler.reason', coalesce(undo.reason, told, ''), true), set_config('scheduler_private.action', 'undo', true);
    if present.name is null then
        select string_agg(quote_ident(d.key), ', ') into columns from jsonb_object_keys(former.definition) d (key)
        where exists (select from pg_attribute a where a.attrelid = 'scheduler.job'::regclass and a.attname = d.key and not a.attisdropped);
        execute format('insert into scheduler.job as j (%1$s) select %1$s from jsonb_populate_record(null::scheduler.job, $1)'
            ' returning j.version', columns)
            into made using former.definition;
    else
        if undo.to_version is not null then
            restored.paused_at := present.paused_at;
            restored.paused_by := present.paused_by;
            restored.pause_reason := present.pause_reason;
            restored.paused_until := present.paused_until;
        end if;
        select string_agg(format('%1$I = ($1).%1$I', d.key), ', ') into columns from jsonb_object_keys(former.definition) d (key)
        where exists (select from pg_attribute a where a.attrelid = 'scheduler.job'::regclass and a.attname = d.key and not a.attisdropped);
        execute format('update scheduler.job j set %s where j.name = $2 returning j.version', columns) into made using restored, undo.name;
    end if;
    perform set_config('scheduler.reason', told, true), set_config('scheduler_private.action', '', true);
    return made;
end $$;
