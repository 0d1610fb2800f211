-- Keep gates as they are for the rest of the transaction: until it ends nobody changes what they say of jobs (see scheduler_private.change_gates). A
-- statement that begins after this one may decide on what it reads in them, without a lock on each, where runs of a job need not take turns.
-- Waits for nobody: returns false while somebody is changing gates, or waits to. Then lock them one by one.
create or replace function scheduler_private.keep_gates() returns boolean
language plpgsql volatile as $$
begin
    lock table scheduler_private.gate_lock in share mode nowait;
    return true;
exception when lock_not_available then
    return false;
end $$;
