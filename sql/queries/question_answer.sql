-- Answer a question.  $1 bigint id, $2 text answer, $3 text error: one of them is null
update scheduler_private.question q set answer = $2, error = $3, answered_at = clock_timestamp() where q.id = $1
