-- Write the intent to upload, before the agent is asked. Two runs that want it for one node at a time: one of them gets no row.
--   $1 text, $2 text   run key and node
--   $3 jsonb           the node's row
--   $4 text            the folder to fill
-- Returns the row as json; none when an upload of that node or run is there already.
insert into snapshot.upload (run_key, node, definition, target, token, agent_group)
select $1, $2, $3::jsonb, $4, t.token, 'snapshot-' || left(md5($1 || clock_timestamp()::text || random()::text), 12) || '-1-' || t.token
from (select nextval('snapshot.upload_token') as token) t
on conflict do nothing
returning to_jsonb(upload)::text
