-- Take the oldest backfill that nobody has answered; held to the end of the transaction.
-- Returns number, job, range, cap, whether it is dry, and the database's clock. A range from before the statement judged it may name instants that
-- no node can hold: it is cut to those that one can.
select b.id, b.job, greatest(b.from_at, timestamptz '1970-01-01Z'), least(b.until_at, timestamptz '9998-12-31Z'), b.cap, b.dry_run, clock_timestamp()
from scheduler_private.backfill b where b.state = 'asked' order by b.id limit 1 for update skip locked
