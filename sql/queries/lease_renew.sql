-- Renew a lease. A lease that ran out is never renewed: for its peers this node is dead already, so it must be for itself.
--   $1 bigint lease, $2 interval length, $3 text state, $4 text reason, $5 int running, $6 interval clock offset (node minus database)
-- Returns the database's clock, the leases that live, smallest first, and how long until the first of the other leases ends if it is not
-- renewed, null when there is none; no row: the lease is over.
update scheduler_private.node n
set lease_until = clock_timestamp() + $2::interval, renewed_at = clock_timestamp(), state = $3, reason = $4, running = $5, clock_offset = $6
where n.lease_id = $1 and n.lease_until > clock_timestamp() and n.state <> 'stopped'
returning clock_timestamp() as database_now,
    (select array_agg(p.lease_id order by p.lease_id) from scheduler_private.node p
     where p.lease_until > clock_timestamp() and p.state = 'live') as live_leases,
    (select min(p.lease_until) - clock_timestamp() from scheduler_private.node p
     where p.lease_until > clock_timestamp() and p.state <> 'stopped' and p.lease_id <> $1) as first_peer_ends_in
