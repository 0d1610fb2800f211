-- Ask for the end of an upload. The monitor stops it at its agent, within seconds while uploads run, else with its next pass.
--   id       number of the upload
--   reason   shown with it; null: who asked
-- Returns 'requested', or the state of an upload that has ended already, which stays as it is and is not resumed any more. Safe to repeat.
create or replace function snapshot.cancel_upload(id bigint, reason text default null) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked snapshot.upload;
begin
    select u.* into asked from snapshot.upload u where u.id = cancel_upload.id for no key update;
    if not found then
        raise exception 'there is no upload %', cancel_upload.id using errcode = 'no_data_found', hint = 'see scheduler.upload';
    end if;
    if asked.state not in ('starting', 'running') then
        update snapshot.upload u set resume_at = null, request = null where u.id = asked.id and (u.resume_at is not null or u.request is not null);
        return asked.state;
    end if;
    update snapshot.upload u
    set request = jsonb_build_object('what', 'cancel', 'by', session_user, 'reason', left(coalesce(cancel_upload.reason, 'asked by ' || session_user), 200),
        'at', clock_timestamp())
    where u.id = asked.id;
    perform pg_notify('snapshot_upload', asked.id::text);
    return 'requested';
end $$;
