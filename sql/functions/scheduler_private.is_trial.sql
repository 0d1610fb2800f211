-- True in a transaction that scheduler.begin_trial has made one that only tries.
create or replace function scheduler_private.is_trial() returns boolean
language sql stable as $$
    select exists (select from scheduler_private.trial t where t.xid = pg_current_xact_id_if_assigned())
$$;
