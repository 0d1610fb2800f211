-- Forget fires by an event that are in the ledger.  $1 text[] run keys
delete from scheduler_private.event e where e.run_key = any ($1::text[])
