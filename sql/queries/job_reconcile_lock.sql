-- Wait for this node's turn to reconcile. The lock belongs to the session and outlives the transaction (see job_reconcile_unlock.sql).
-- Fails with lock_not_available after 15 s: long enough for thousands of jobs, short enough not to follow a frozen node for ever.
set local lock_timeout = '15s';
set local statement_timeout = 0;
select pg_advisory_lock(hashtext('scheduler.reconcile'))
