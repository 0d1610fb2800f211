-- The ledger's partitions that lie wholly before the retention, oldest first.
--   $1 interval   retention
select p.partition::text from scheduler_private.run_partitions() p where p.until_at <= clock_timestamp() - $1::interval order by p.until_at
