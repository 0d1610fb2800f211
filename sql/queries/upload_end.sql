-- End an attempt of an upload. It counts for the attempt it was judged by, once.
--   $1 bigint, $2 int        upload and attempt
--   $3 text, $4 text, $5 text   state, reason and error
--   $6 float8                seconds after which it is begun again; null: it is not
--   $7 bigint, $8 bigint     bytes and files that are whole at its destination; null when that was not looked at
--   $9 boolean               whether that was compared with its source
-- Returns 1; 0 when it had ended already, or was begun again.
with ended as (
    update snapshot.upload u
    set state = $3, reason = left($4, 300), error = left($5, 4000), ended_at = clock_timestamp(), eta_at = null, rate_bytes = null, problem = null,
        resume_at = clock_timestamp() + $6 * interval '1 second',
        bytes = coalesce($7, u.bytes), bytes_total = case when $3 = 'completed' then coalesce($7, u.bytes) else u.bytes_total end,
        files = coalesce($8, u.files), files_total = case when $3 = 'completed' then coalesce($8, u.files) else u.files_total end,
        base_bytes = coalesce($7, u.base_bytes), base_files = coalesce($8, u.base_files),
        verified_at = case when $9 then clock_timestamp() end, request = null
    where u.id = $1 and u.attempt = $2 and u.state in ('starting', 'running')
    returning 1
)
select count(*)::int from ended
