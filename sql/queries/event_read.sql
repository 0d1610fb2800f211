-- Fires by an event that wait to be entered in the ledger.
--   $1 int, $2 int   number of live nodes and this node's rank among them: each takes its share of the jobs
--   $3 text[]        keys this node has in hand
--   $4 int           most rows
-- Returns run_key, job, due_at, cause. Another node's share too when it has waited for half a second: its node is dead or busy. Entering one twice
-- is harmless: the key is the ledger's.
select e.run_key, e.job, e.due_at, e.cause from scheduler_private.event e
where ((hashtext(e.job) & 1023) % $1 = $2 or e.created_at < clock_timestamp() - interval '500 milliseconds') and e.run_key <> all ($3::text[])
order by e.due_at limit $4
