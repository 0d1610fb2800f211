-- Drop one partition of the ledger that lies wholly before the retention and has no unfinished run.
--   partition   as scheduler_private.run_partitions() names it
--   keep        retention, at least 1 day, by the database's clock
-- Returns 0: dropped; a count: it stays, for it has that many queued or running runs; null: there is no such partition, or it is not old enough.
-- Raises lock_not_available, having changed nothing, when the lock is not to be had at once: firing waits behind us for 200 ms at most, and
-- not at all while a long transaction has the ledger in use. One transaction, so a crash leaves all of it or nothing. Safe to repeat and to
-- call from several nodes at once.
create or replace function scheduler_private.drop_partition(partition text, keep interval) returns bigint
language plpgsql set lock_timeout = '200ms' as $$
declare
    old constant regclass := to_regclass(partition);
    holder text;
    unfinished bigint;
begin
    if keep < interval '1 day' then
        raise exception 'the ledger cannot be kept for %; expected at least 1 day', keep using errcode = 'invalid_parameter_value';
    end if;
    if not pg_try_advisory_xact_lock(hashtext('scheduler.partitions')) then
        raise exception 'partition % stays for now: another session is at the ledger''s partitions', partition using errcode = 'lock_not_available';
    end if;
    if not exists (select from scheduler_private.run_partitions() p where p.partition = old and p.until_at <= clock_timestamp() - keep) then
        return null;
    end if;
    execute format('select count(*) from %s where state <> ''finished''', old) into unfinished;
    if unfinished > 0 then
        return unfinished;
    end if;
    holder := scheduler_private.long_holder('scheduler_private.run');
    if holder is not null then
        raise exception 'partition % stays for now: scheduler_private.run is in use by %', partition, holder using errcode = 'lock_not_available';
    end if;
    -- The parent first, as every statement does. Who has it has all of them, but for those who name a partition: they are not waited for.
    lock table only scheduler_private.run in access exclusive mode;
    execute format('lock table only %s in access exclusive mode nowait', old);
    lock table only scheduler_private.run_default in access exclusive mode nowait;
    execute format('select count(*) from %s where state <> ''finished''', old) into unfinished;
    if unfinished = 0 then
        execute format('drop table %s', old);
    end if;
    return unfinished;
end $$;
