-- Trigger function of scheduler_private.trial, at the commit: there is none for a transaction that only tries.
create or replace function scheduler_private.refuse_trial() returns trigger
language plpgsql as $$
begin
    raise exception 'this transaction only tries edits (scheduler.begin_trial); expected a rollback'
        using errcode = 'invalid_transaction_termination';
end $$;

-- A constraint trigger cannot be replaced.
drop trigger if exists trial_refused on scheduler_private.trial;
create constraint trigger trial_refused after insert on scheduler_private.trial
    deferrable initially deferred for each row execute function scheduler_private.refuse_trial();
