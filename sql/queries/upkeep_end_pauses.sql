-- Clear away the pauses that are over, so that rows say what is: in force they were only to their end, see run_enter.sql.
-- Rows somebody holds are left for the next time. Returns how many there were.
with told as materialized (
    select set_config('scheduler.reason', 'the pause ended by itself', true), set_config('scheduler.source', 'node', true) as source
),
over as materialized (
    select j.name, t.source from scheduler.job j, told t where j.paused_until <= clock_timestamp() order by j.name for no key update of j skip locked
),
ended as (
    update scheduler.job j set paused_at = null from over o where j.name = o.name returning j.name
)
select count(e.name)::int from ended e
