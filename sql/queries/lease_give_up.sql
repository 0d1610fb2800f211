-- Give a lease up at a clean stop; runs still owned by it become free for the others.  $1 bigint lease
update scheduler_private.node n set state = 'stopped', lease_until = clock_timestamp(), running = 0, reason = null where n.lease_id = $1
