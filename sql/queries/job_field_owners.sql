-- Who last changed fields of jobs.
--   $1 text[]   jobs
--   $2 text[]   columns of scheduler.job
--   $3 text[]   keys below the column, outermost first, parted by a line feed; empty for the column itself
-- Returns place (from 1), role, application, at, source of each whose change the audit knows.
select w.place::int, a.role, a.application, a.at, a.source
from unnest($1::text[], $2::text[], $3::text[]) with ordinality as w (job, field, keys, place)
cross join lateral (
    select u.role, u.application, u.at, u.source from scheduler.audit u
    where u.job = w.job and u.changes ? w.field
        and (u.changes -> w.field -> 0) #> string_to_array(w.keys, E'\n') is distinct from (u.changes -> w.field -> 1) #> string_to_array(w.keys, E'\n')
    order by u.id desc limit 1) a
