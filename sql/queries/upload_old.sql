-- Folders that retention may remove: of each node whose limits say keep, those of complete uploads beyond the latest that many, and those of uploads
-- that came to nothing before the oldest one kept. An upload that may yet be resumed is left alone.
--   $1 int   at most this many, oldest first
-- Returns each row as json.
with ranked as (
    select u.id, u.node, (n.limits ->> 'keep')::int as keep,
        row_number() over (partition by u.node order by u.id desc) as place
    from snapshot.upload u join snapshot.node n on n.name = u.node
    where u.state = 'completed' and u.removed_at is null and n.limits ->> 'keep' is not null
),
kept as (
    select r.node, min(r.id) as oldest_id, count(*) filter (where r.place = r.keep) > 0 as full_house from ranked r where r.place <= r.keep group by r.node
)
select to_jsonb(u)::text
from snapshot.upload u join kept k on k.node = u.node
where u.id < k.oldest_id and k.full_house and u.removed_at is null and u.resume_at is null and u.state not in ('starting', 'running')
order by u.id limit $1
