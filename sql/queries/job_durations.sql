-- How long jobs usually run: the median of their last runs that succeeded, in seconds.
--   $1 text[]   names
--   $2 int      runs to look at
select w.name, percentile_cont(0.5) within group (order by extract(epoch from r.ended_at - r.started_at))::float8
from unnest($1::text[]) as w (name)
cross join lateral (
    select u.started_at, u.ended_at from scheduler.run u
    where u.job = w.name and u.verdict = 'succeeded' and u.started_at is not null order by u.due_at desc limit $2) r
group by w.name
