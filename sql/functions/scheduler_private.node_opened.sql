-- A node has come live. The first one while no other lease of the present start lives begins a new start of the cluster: every job with
-- "on startup" is due once; what a start before it made due later is taken back. A process that comes live makes each job with "on node start" due
-- once, on this node.
--   lease    the node's lease
--   former   a lease it had before in the same process, or null: a node that comes back starts nothing
-- Returns true when a new start began. Safe to repeat and to call on several nodes at once: they take turns on one row.
create or replace function scheduler_private.node_opened(lease bigint, former bigint default null) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    present bigint[];
    due timestamptz;
begin
    select c.leases into present from scheduler_private.cluster_start c for update;
    if lease = any (present) then
        return false;
    end if;
    due := clock_timestamp();
    if node_opened.former is null then
        insert into scheduler_private.event (run_key, job, due_at, cause, part)
        select scheduler_private.event_key(s.job, due + s.delay, 's' || node_opened.lease || s.mark), s.job, due + s.delay,
            'node start ' || n.name, s.part
        from scheduler_private.subscription s join scheduler_private.node n on n.lease_id = node_opened.lease where s.event = 'node'
        order by s.place on conflict do nothing;
        perform pg_notify('scheduler_events', '');
    end if;
    present := array(select n.lease_id from scheduler_private.node n
                     where n.lease_id = any (present) and n.lease_until > clock_timestamp() and n.state <> 'stopped');
    if cardinality(present) > 0 or node_opened.former is not null then
        update scheduler_private.cluster_start c set leases = present || node_opened.lease;
        return false;
    end if;
    update scheduler_private.cluster_start c set leases = array[node_opened.lease], started_at = due;
    delete from scheduler_private.event e where e.cause = 'startup' and e.due_at > due;
    insert into scheduler_private.event (run_key, job, due_at, cause, part)
    select scheduler_private.event_key(s.job, due + s.delay, 'start' || s.mark), s.job, due + s.delay, 'startup', s.part
    from scheduler_private.subscription s where s.event = 'startup' order by s.place on conflict do nothing;
    perform pg_notify('scheduler_events', '');
    return true;
end $$;
