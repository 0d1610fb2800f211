-- Who holds a node name, for the message that refuses a second one.  $1 text name
-- Returns host, pid, last renewal, and whether the lease is not over.
select n.host, n.pid, n.renewed_at, n.lease_until > clock_timestamp() and n.state <> 'stopped' as live
from scheduler_private.node n where n.name = $1
