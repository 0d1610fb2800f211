-- How much the last 30 successful runs of a job deleted of one thing, those not counted that somebody had to approve.
--   $1 text, $2 text   job, and the key of its results
select (r.result ->> $2)::bigint
from scheduler_private.run r
where r.job = $1 and r.verdict = 'succeeded' and jsonb_typeof(r.result -> $2) = 'number'
    and not exists (select from scheduler_private.approval a where a.new_run_key = r.run_key)
order by r.due_at desc limit 30
