-- Note what was healed, and forget all but the latest 10,000 notes.
--   $1 text                    this node
--   $2 text[], $3 text[]       jobs and triggers (null: the job itself)
--   $4 text[], $5 text[]       what was found, and the row as it was (json, null when there was none)
with noted as (
    insert into scheduler_private.healed (node, job, trigger, what, before)
    select $1, h.job, h.trigger, h.what, h.before::jsonb from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as h (job, trigger, what, before)
    returning 1
)
delete from scheduler_private.healed h where h.id <= (select max(x.id) from scheduler_private.healed x) - 10000
