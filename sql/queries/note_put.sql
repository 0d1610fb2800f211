-- Keep what was found about a job's schedule.
--   $1 text, $2 int   name and version of the job
--   $3 text[]         notes, a sentence each
--   $4 text           the schedule in words, null where it cannot be read
-- Nothing happens when the job is gone meanwhile.
insert into scheduler_private.job_note as n (job, version, notes, in_words)
select j.name, $2, $3, $4 from scheduler.job j where j.name = $1 for key share
on conflict (job) do update set version = excluded.version, notes = excluded.notes, in_words = excluded.in_words, looked_at = clock_timestamp()
