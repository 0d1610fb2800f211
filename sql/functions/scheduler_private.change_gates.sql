-- To be called by each transaction that changes what gates say of jobs (paused, enabled, overlap, priority, …), at any time before its commit: waits for
-- the statements that decide right now on what they have read (see scheduler_private.keep_gates), and has later ones lock gates one by one until the
-- commit. So no run begins after the commit of a pause. Transactions that change gates do not wait for each other.
create or replace function scheduler_private.change_gates() returns void
language plpgsql volatile as $$
begin
    lock table scheduler_private.gate_lock in row exclusive mode;
end $$;
