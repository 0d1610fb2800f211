-- Refuse jobs that run after one that does not exist or, round about, after themselves; and the end of a job that others run after.
--   edited    names of jobs whose schedules are new
--   removed   names of jobs that were deleted
-- Jobs of one statement may name each other. Jobs with for_each name those yet to be
-- filled in, and one row of a relation must not stop the others: the jobs they make are not judged here.
create or replace function scheduler_private.check_links(edited text[], removed text[]) returns void
language plpgsql volatile as $$
declare
    jobs_max constant integer := 1000;     -- a longer way round is not spelt out
    follower record;
    circle text[];
begin
    if cardinality(removed) = 0 and not exists (select from scheduler.job j where j.name = any (edited) and j.schedule ~ '(^|;)\s*after\s') then
        return;
    end if;
    -- Two edits that each look right must not make a circle together.
    perform pg_advisory_xact_lock(hashtext('scheduler.links'));
    for follower in
        select j.name, f.job as wanted from scheduler.job j, lateral scheduler_private.followed_jobs(j.schedule) f (job)
        where j.name = any (edited) and j.schedule ~ '(^|;)\s*after\s' and j.for_each is null
            and not exists (select from scheduler.job o where o.name = f.job)
        order by j.name limit 1
    loop
        perform scheduler_private.refuse(follower.name, 'schedule', format('schedule runs after job %s, which does not exist',
            scheduler_private.shown(to_jsonb(follower.wanted))),
            (select replace(j.schedule, follower.wanted, near.name)
             from scheduler.job j, lateral (select scheduler_private.nearest(follower.wanted, array(select o.name from scheduler.job o
                 where o.name <> follower.name order by o.name)) as name) near where j.name = follower.name and near.name is not null));
    end loop;
    for follower in
        select j.name from scheduler.job j where j.name = any (edited) and j.schedule ~ '(^|;)\s*after\s' and j.for_each is null order by j.name
    loop
        with recursive reached as (
            select f.job from scheduler.job j, lateral scheduler_private.followed_jobs(j.schedule) f (job) where j.name = follower.name
            union
            select f.job from reached r join scheduler.job j on j.name = r.job, lateral scheduler_private.followed_jobs(j.schedule) f (job)
        )
        select array[follower.name, follower.name] into circle where follower.name in (select r.job from reached r);
        continue when circle is null;
        with recursive chain as (
            select f.job, array[follower.name, f.job] as way from scheduler.job j, lateral scheduler_private.followed_jobs(j.schedule) f (job)
            where j.name = follower.name
            union all
            select f.job, c.way || f.job
            from chain c join scheduler.job j on j.name = c.job, lateral scheduler_private.followed_jobs(j.schedule) f (job)
            where c.job <> follower.name and cardinality(c.way) < jobs_max and not (f.job = any (c.way[2:]))
        )
        select c.way into circle from chain c where c.job = follower.name limit 1;
        perform scheduler_private.refuse(follower.name, 'schedule', format('schedule runs after itself: %s; expected a chain that ends',
            array_to_string(circle, ' after ')));
    end loop;
    for follower in
        select j.name, f.job as wanted from scheduler.job j, lateral scheduler_private.followed_jobs(j.schedule) f (job)
        where cardinality(removed) > 0 and j.schedule ~ '(^|;)\s*after\s' and f.job = any (removed)
            and not exists (select from scheduler.job o where o.name = f.job)
        order by j.name limit 1
    loop
        perform scheduler_private.refuse(follower.wanted, 'name',
            format('job %s runs after it; expected its schedule changed, or both deleted, in one statement',
            scheduler_private.shown(to_jsonb(follower.name))));
    end loop;
end $$;
