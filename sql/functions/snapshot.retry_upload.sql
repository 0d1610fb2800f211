-- Ask for an upload that failed, was lost or was cancelled to go on: what is whole at its destination is not copied again.
--   id       number of the upload
--   reason   shown with it; null: who asked
-- Returns 'requested'. Refused with 55000 while the upload runs, when it is complete, when its folder was removed, and when another upload of its
-- node runs. Safe to repeat.
create or replace function snapshot.retry_upload(id bigint, reason text default null) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked snapshot.upload;
    other bigint;
begin
    select u.* into asked from snapshot.upload u where u.id = retry_upload.id for no key update;
    if not found then
        raise exception 'there is no upload %', retry_upload.id using errcode = 'no_data_found', hint = 'see scheduler.upload';
    end if;
    select u.id into other from snapshot.upload u where u.node = asked.node and u.state in ('starting', 'running') and u.id <> asked.id;
    if asked.state not in ('failed', 'lost', 'cancelled') or asked.removed_at is not null or other is not null then
        raise exception 'upload % cannot be retried: %', asked.id, case when other is not null then format('upload %s of %s is running', other, asked.node)
            when asked.removed_at is not null then 'its folder was removed' else 'it is ' || asked.state end
            using errcode = 'object_not_in_prerequisite_state', hint = 'or ask for a new one: run its job, snapshot-upload/' || asked.node;
    end if;
    update snapshot.upload u
    set resume_at = clock_timestamp(), request = jsonb_build_object('what', 'retry', 'by', session_user,
        'reason', left(coalesce(retry_upload.reason, 'asked by ' || session_user), 200), 'at', clock_timestamp())
    where u.id = asked.id;
    perform pg_notify('snapshot_upload', asked.id::text);
    return 'requested';
end $$;
