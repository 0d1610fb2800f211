-- How far an upload is, as its agent says. What goes back is not written (snapshot.upload_changed).
--   $1 bigint, $2 int                upload and attempt
--   $3 bigint, $4 bigint             bytes copied by this attempt, and of how many; null when that is not known
--   $5 bigint, $6 bigint             files likewise
--   $7 bigint                        whatever it counts, added up
--   $8 float8, $9 float8             bytes a second, and seconds left; null when that is not known
update snapshot.upload u
set bytes = least(u.base_bytes + $3, coalesce(u.base_bytes + $4, u.base_bytes + $3)), bytes_total = coalesce(u.base_bytes + $4, u.bytes_total),
    files = u.base_files + $5, files_total = coalesce(u.base_files + $6, u.files_total),
    fraction = case when u.base_bytes + $4 > 0 then least(1, (u.base_bytes + $3)::float8 / (u.base_bytes + $4)) else u.fraction end,
    rate_bytes = $8, eta_at = clock_timestamp() + case when $9 < 31536000 then $9 end * interval '1 second', seen_at = clock_timestamp(), problem = null,
    moved_at = case when u.activity is distinct from $7 then clock_timestamp() else u.moved_at end, activity = $7
where u.id = $1 and u.attempt = $2 and u.state = 'running'
