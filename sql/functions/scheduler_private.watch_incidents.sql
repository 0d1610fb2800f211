-- Compare what is wrong now with the incidents that are open: open those that are new, resolve those that are over, and put what is to be told into the
-- outbox, all in one transaction. Every node calls this; the nodes share one look.
--   every   time between two looks
--   keep    how long the ledger keeps runs (node.keep_runs); incidents too
-- Returns how many it opened and resolved, null when it was not time, or another node is at it.
--
-- One incident is open for a cause. One that another explains is suppressed: nobody is told of it, unless it outlives the other.
create or replace function scheduler_private.watch_incidents(every interval, keep interval) returns integer
language plpgsql volatile set jit = off as $$
declare
    -- As many jobs fail with one error, and it is one thing with them all.
    common_min constant integer := 5;
    prune_max constant integer := 1000;
    due boolean;
    now_found scheduler_private.found[];
    changes integer := 0;
begin
    select l.looked_at < clock_timestamp() - every into due from scheduler_private.incident_look l for update skip locked;
    if due is not true then
        return null;
    end if;
    now_found := array(select c from scheduler_private.conditions_of_cluster(keep) c)
        || array(select c from scheduler_private.conditions_of_jobs() c);
    now_found := now_found || array(
        select row('cause:' || md5(f.cause), 'common_cause', 'page', null, null, format('%s jobs fail alike', count(*)), left(min(f.detail), 500),
            f.cause)::scheduler_private.found
        from unnest(now_found) f where f.condition = 'failing' and f.cause is not null group by f.cause having count(*) >= common_min);
    changes := scheduler_private.settle_incidents(now_found);
    perform scheduler_private.suppress_incidents();
    perform scheduler_private.tell_incidents();
    delete from scheduler_private.incident i where i.id in (
        select o.id from scheduler_private.incident o
        where o.opened_at < clock_timestamp() - keep and o.resolved_at < clock_timestamp() - keep limit prune_max);
    delete from scheduler_private.notification n where n.id in (
        select o.id from scheduler_private.notification o
        where o.created_at < clock_timestamp() - interval '30 days' and o.state <> 'waiting' limit prune_max);
    update scheduler_private.incident_look l set looked_at = clock_timestamp(), found_count = cardinality(now_found);
    return changes;
end $$;
