-- Put into the outbox that a run of a job succeeded, and that it is the first after others that failed, as far as somebody wants to be told
-- (bits: notify_mask.sql). Called by run_succeed.sql where there is something to put. Who was told of the failure and wants no word of its end is
-- to know of it all the same: 'over' (take_events.sql).
--   job, run_key, due_at   the run
--   notify                 what is to be told of the job
--   failures_before        how many had failed in a row
create or replace function scheduler_private.note_success(job text, run_key text, due_at timestamptz, notify smallint, failures_before integer)
    returns void language plpgsql volatile as $$
begin
    insert into scheduler_private.outbox (event, job, run_key, due_at, channels)
    select w.event, note_success.job, note_success.run_key, note_success.due_at, scheduler_private.channels_of(note_success.job)
    from (values ('success', note_success.notify & 4 <> 0), ('recovery', note_success.notify & 2 <> 0 and note_success.failures_before > 0),
        ('over', note_success.notify & 3 = 1 and note_success.failures_before > 0)) w (event, wanted)
    where w.wanted;
    if found then
        perform pg_notify('scheduler_outbox', '');
    end if;
end $$;
