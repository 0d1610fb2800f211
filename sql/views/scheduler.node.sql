-- Every node that ever held a lease under its present name. state: live, standby (does not run, see reason), draining, dead
-- (its lease is over), stopped (it left on its own). A live node with a reason takes work and is not ready: its job files were refused.
create or replace view scheduler.node as
select n.name,
    case when n.state <> 'stopped' and n.lease_until <= clock_timestamp() then 'dead' else n.state end as state,
    n.reason, n.labels, n.slots,
    (select count(*)::int from scheduler_private.run r where r.state = 'running' and r.owner = n.lease_id) as running,
    n.version, n.host, n.pid, n.url,
    round(extract(epoch from n.clock_offset) * 1000)::int as clock_offset_ms, n.started_at, n.renewed_at, n.lease_until, n.lease_id
from scheduler_private.node n order by n.name;
