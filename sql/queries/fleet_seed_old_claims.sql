-- Development only: make the newest claims look old, as if their workers hung.
--   $1 interval   how old
--   $2 int        how many
-- Returns how many.
with chosen as materialized (
    select c.id from fleet.chunk c where c.status = 'running'
    order by c.claimed_at desc limit $2 for update skip locked
),
aged as (
    update fleet.chunk c set claimed_at = now() - $1::interval from chosen where c.id = chosen.id
    returning c.id
)
select count(*)::int from aged
