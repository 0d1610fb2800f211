-- The runs of a job that run now.
--   $1 text   job
select r.run_key, r.token from scheduler_private.run r where r.state = 'running' and r.job = $1
