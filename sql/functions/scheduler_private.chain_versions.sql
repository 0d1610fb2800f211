-- Trigger function of scheduler_private.job_version, at the commit: put this transaction's versions on the end of the chain. Transactions take turns
-- for these few milliseconds alone; an edit that waits for its commit holds up no other.
-- With serializable or repeatable read the second of two commits fails with serialization_failure, as such transactions do.
create or replace function scheduler_private.chain_versions() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    -- The first row of the transaction brings all of them; those of others that are not chained yet are not to be seen yet.
    if not exists (select from scheduler_private.job_chain c where c.version_id = new.id) then
        perform scheduler_private.chain_from(new.id);
    end if;
    return null;
end $$;

-- A constraint trigger cannot be replaced.
drop trigger if exists version_chained on scheduler_private.job_version;
create constraint trigger version_chained after insert on scheduler_private.job_version
    deferrable initially deferred for each row execute function scheduler_private.chain_versions();
