-- Note in each job's row whether it can fire and when it is due next.
--   $1 text[], $2 int[]   name and version of each job; a row with another version is left alone
--   $3 text[]             why the job cannot fire, null when it can; a kind that no live node knows is noted here
--   $4 timestamptz[]      when it is due next, null when never
--   $5 bool[]             whether its schedule was stored just now; otherwise a next instant that moved on by itself is not noted
-- Rows that need no note are not touched. Makes no new version. Rows are locked in the order of their names.
with mark as materialized (
    select m.name, m.problem, m.next_fire_at
    from (select u.name, u.version, coalesce(u.problem, k.problem) as problem, u.next_fire_at, u.stored
          from unnest($1::text[], $2::int[], $3::text[], $4::timestamptz[], $5::bool[]) as u (name, version, problem, next_fire_at, stored)
          left join (select d.name, scheduler_private.kind_problem(d.kind) as problem
                     from (select x.name, x.kind from scheduler.job x where x.name = any ($1::text[])) d) k on k.name = u.name) m
    join scheduler.job j on j.name = m.name and j.version = m.version
    where j.problem is distinct from m.problem or (j.next_fire_at is null) <> (m.next_fire_at is null)
        or (m.stored and j.next_fire_at is distinct from m.next_fire_at)
    order by j.name
    for no key update of j
)
update scheduler.job j set problem = m.problem, next_fire_at = m.next_fire_at from mark m where j.name = m.name
