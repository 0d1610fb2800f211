-- What the monitor has to look at: uploads that run, whose beginning nobody is at any more, and that are to be resumed now.
--   $1 int   at most this many, those looked at longest ago first
-- Returns each row as json with the ages it is judged by, in seconds: still (no progress), silent (its agent did not answer).
select (to_jsonb(u) || jsonb_build_object(
    'still', extract(epoch from clock_timestamp() - coalesce(u.moved_at, u.wanted_at)),
    'silent', extract(epoch from clock_timestamp() - coalesce(u.seen_at, u.wanted_at))))::text
from snapshot.upload u
left join lateral (
    select r.state from scheduler.run r where r.due_at = scheduler_private.due_of(u.run_key) and r.run_key = u.run_key) r on true
where u.state = 'running'
    or (u.state = 'starting' and (u.attempt > 1 or u.request is not null or coalesce(r.state, 'finished') = 'finished'))
    or (u.resume_at <= clock_timestamp())
order by u.seen_at nulls first, u.id limit $1
