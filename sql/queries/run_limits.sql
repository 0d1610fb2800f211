-- Limit the statements of this transaction.
--   $1 text   statement time-out in milliseconds, '0' for none
select set_config('statement_timeout', $1, true)
