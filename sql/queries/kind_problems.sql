-- Note on each job whose kind no live node knows that it cannot run, and take the note back when one knows it again. Its triggers stay.
-- Rows somebody holds are left for the next time. Makes no new version. Returns how many rows were touched.
with live as materialized (
    select distinct k.name from scheduler_private.node n cross join lateral unnest(n.kinds) as k (name)
    where n.lease_until > clock_timestamp() and n.state <> 'stopped'
),
stale as materialized (
    select j.name, scheduler_private.kind_problem(j.kind) as problem from scheduler.job j
    where (j.problem is null and j.kind not in (select l.name from live l))
        or (j.problem like 'kind %is known to no live node%' and j.kind in (select l.name from live l))
    order by j.name
    for no key update of j skip locked
),
noted as (
    update scheduler.job j set problem = s.problem from stale s where j.name = s.name and j.problem is distinct from s.problem returning j.name
)
select count(n.name)::int from noted n
