-- Questions nobody has answered yet.
--   $1 int   most rows
-- Locked until the end of the transaction: each is answered by one node.
select q.id, q.schedule, q.time_zone, q.fires, q.due_after from scheduler_private.question q
where q.answered_at is null and q.asked_at > clock_timestamp() - interval '1 minute'
order by q.id limit $1 for update skip locked
