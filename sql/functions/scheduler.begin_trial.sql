-- Make this transaction one that only tries: edits of jobs, calendars and channels are judged as ever, but no gate is locked or changed, so no run
-- waits for it, and it cannot be committed. Waits at most a second for a lock.
create or replace function scheduler.begin_trial() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into scheduler_private.trial (xid) values (pg_current_xact_id()) on conflict do nothing;
    perform set_config('lock_timeout', '1s', true);
end $$;
