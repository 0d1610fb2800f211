-- The agent of an upload could not be asked.
--   $1 bigint, $2 int, $3 text   upload, attempt and why
update snapshot.upload u set problem = left($3, 1000) where u.id = $1 and u.attempt = $2 and u.problem is distinct from left($3, 1000)
