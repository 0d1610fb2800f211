-- Take the turn to expand one job with for_each, to the end of the transaction, and say that its children are changed by it.
--   $1 text   its name
select pg_advisory_xact_lock(hashtext('scheduler.for_each'), hashtext($1)), set_config('scheduler.for_each', $1, true)
