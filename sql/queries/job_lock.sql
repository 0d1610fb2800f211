-- One apply of job files at a time. Held to the end of the transaction. Nodes that start together wait for each other, and an apply of
-- thousands of jobs takes seconds; the time-outs hold for this transaction, its row locks included.
set local lock_timeout = '60s';
set local statement_timeout = '120s';
set local scheduler.source = 'file';     -- the audit names the row's own file and line
select pg_advisory_xact_lock(hashtext('scheduler.jobs'))
