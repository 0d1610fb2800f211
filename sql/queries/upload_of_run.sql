-- The upload of a run.
--   $1 text   run key
-- Returns its row as json.
select to_jsonb(u)::text from snapshot.upload u where u.run_key = $1
