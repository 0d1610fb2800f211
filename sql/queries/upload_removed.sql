-- The folder of an upload was removed.
--   $1 bigint   the upload
update snapshot.upload u set removed_at = clock_timestamp() where u.id = $1 and u.removed_at is null
