-- Answer a backfill.
--   $1 bigint number, $2 timestamptz[] instants to enter, $3 int left out, $4 text problem or null, $5 text this node
update scheduler_private.backfill b
set due = $2, succeeded_count = $3, problem = $4, node = $5, answered_at = clock_timestamp(), next_at = clock_timestamp(),
    state = case when $4 is not null then 'refused' when b.dry_run or cardinality($2) = 0 then 'done' else 'entering' end
where b.id = $1
