-- Jobs have been brought to Quartz: remove their marks, unless a newer change has made a newer one.
--   $1 text[], $2 bigint[]   names and marks as read
with done as materialized (
    select c.job from unnest($1::text[], $2::bigint[]) as d (job, mark)
    join scheduler_private.job_change c on c.job = d.job and c.mark = d.mark
    order by c.job
    for update of c skip locked
)
delete from scheduler_private.job_change c using done d where c.job = d.job
