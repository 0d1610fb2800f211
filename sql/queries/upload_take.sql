-- Take over the beginning of an upload from who had it and did not come to an end with it. Of several who try one gets it.
--   $1 bigint, $2 bigint   upload and the token it is seen with
-- Returns the row as json, its token the taker's; none when somebody else was first, or it has begun.
update snapshot.upload u
set token = nextval('snapshot.upload_token'), taken = true
where u.id = $1 and u.token = $2 and u.state = 'starting'
returning to_jsonb(u)::text
