-- In another database, first in a run's transaction: claim its effect. A second owner waits here for the first one's transaction to end.
--   $1 text run key, $2 bigint token, $3 text node
--   $4 text   statement time-out of the transaction in milliseconds
-- A lock is waited for 60 s and silence borne for 1.5 s there too when a pooler before that database drops what sessions ask for.
-- No row back: the effect is there already.
insert into scheduler_mark.done (run_key, token, node) values ($1, $2, $3)
on conflict (run_key) do nothing returning run_key, set_config('statement_timeout', $4, true),
    set_config('lock_timeout', '60000', true), set_config('idle_in_transaction_session_timeout', '1500', true)
