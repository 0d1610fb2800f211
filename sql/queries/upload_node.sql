-- A node whose snapshots are uploaded, and what stands against another upload of it.
--   $1 text   its name
-- Returns its row as json, and the upload of it that runs or is to be resumed, both null when there is none.
select (to_jsonb(n) - array['created_at', 'updated_at', 'updated_by'])::text,
    (select u.id from snapshot.upload u where u.node = n.name and (u.state in ('starting', 'running') or u.resume_at is not null)
     order by u.id desc limit 1)
from snapshot.node n where n.name = $1
