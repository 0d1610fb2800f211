-- Why a job of a kind cannot run just now: no live node knows it.
--   kind   its name
-- Returns null when one does, or when no live node has said yet what it knows.
create or replace function scheduler_private.kind_problem(kind text) returns text
language sql stable as $$
    select case when count(*) > 0 and not coalesce(bool_or(kind_problem.kind = any (n.kinds)), false)
        then format('kind ''%s'' is known to no live node; runs of the job wait for one', kind_problem.kind) end
    from scheduler_private.node n
    where n.lease_until > clock_timestamp() and n.state <> 'stopped' and n.kinds <> '{}'
$$;
