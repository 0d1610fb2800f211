-- How a try to deliver a message ended.
--   $1 bigint, $2 int   the message, and the number of the try
--   $3 text             what went wrong, null when it was delivered
--   $4 interval         when to try again; null: never
-- Somebody else's try since changes nothing. Returns its state.
update scheduler_private.notification n
set state = s.state, error = $3, claimed_until = null, next_try_at = clock_timestamp() + coalesce($4, interval '0'),
    ended_at = case when s.state <> 'waiting' then clock_timestamp() end
from (
    select n.id, case when $3::text is null then 'delivered'
        when $4::interval is null or n.expires_at <= clock_timestamp() + $4::interval then 'failed' else 'waiting' end as state
    from scheduler_private.notification n where n.id = $1) s
where n.id = s.id and n.attempts = $2 and n.state = 'waiting'
returning n.state
