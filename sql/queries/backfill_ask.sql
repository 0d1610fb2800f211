-- Take the oldest backfill that nobody has answered; held to the end of the transaction.
-- Returns number, job, range, cap, whether it is dry, and the database's clock.
select b.id, b.job, b.from_at, b.until_at, b.cap, b.dry_run, clock_timestamp()
from scheduler_private.backfill b where b.state = 'asked' order by b.id limit 1 for update skip locked
