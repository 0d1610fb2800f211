-- Take a node name: a new lease, when nobody holds the name with a lease that is not over.
--   $1 text name, $2 interval lease, $3 text state, $4 text[] labels, $5 int slots
--   $6 text version, $7 text host, $8 int pid, $9 text url, $10 bigint the caller's former lease or null, $11 text reason
-- Returns the lease; no row: the name is held (see lease_holder.sql).
insert into scheduler_private.node as n
    (name, lease_id, lease_until, state, labels, slots, version, host, pid, url, reason)
values ($1, nextval('scheduler_private.lease_id'), clock_timestamp() + $2::interval, $3, $4, $5, $6, $7, $8, $9, $11)
on conflict (name) do update set
    lease_id = excluded.lease_id, lease_until = excluded.lease_until, state = excluded.state, labels = excluded.labels,
    slots = excluded.slots, version = excluded.version, host = excluded.host, pid = excluded.pid, url = excluded.url,
    reason = excluded.reason, running = 0, started_at = clock_timestamp(), renewed_at = clock_timestamp()
where n.lease_until <= clock_timestamp() or n.state = 'stopped' or n.lease_id = $10
returning n.lease_id
