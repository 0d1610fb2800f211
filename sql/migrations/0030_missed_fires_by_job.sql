-- 0030 · Missed fires are found by their job. Breaking: no.
-- Entries only for them: other runs pay for looking at their verdict, which the index of live rows has them do anyhow.
create index run_missed on scheduler_private.run (job, due_at desc) where verdict = 'missed';
