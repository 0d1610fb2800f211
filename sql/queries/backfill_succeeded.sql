-- Instants of a range whose own fire has succeeded.
--   $1 text job, $2 timestamptz, $3 timestamptz   from and until (exclusive)
select r.due_at from scheduler_private.run r
where r.job = $1 and r.due_at >= $2 and r.due_at < $3 and r.verdict = 'succeeded' and r.run_key like $1 || '@%'
