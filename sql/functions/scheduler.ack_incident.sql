-- Acknowledge an open incident: somebody is at it, and nobody is reminded of it. It resolves by itself as before.
--   id       its number in scheduler.incident
--   reason   shown with it, at most 500 characters; null: none
-- Returns false when somebody had acknowledged it already; the first one stays. Raises no_data_found when there is none, or it is resolved.
create or replace function scheduler.ack_incident(id bigint, reason text default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_one scheduler_private.incident;
begin
    select * into found_one from scheduler_private.incident i where i.id = ack_incident.id for update;
    if not found or found_one.resolved_at is not null then
        raise exception 'there is no open incident %', ack_incident.id using errcode = 'no_data_found',
            hint = case when found_one.resolved_at is not null then 'it is resolved' else 'see scheduler.incident' end;
    elsif found_one.acked_at is not null then
        return false;
    end if;
    update scheduler_private.incident i
    set acked_at = clock_timestamp(), acked_by = session_user, ack_reason = left(reason, 500)
    where i.id = ack_incident.id;
    return true;
end $$;
