-- Verify the chain over the versions of all jobs, and that each job's row is what its last version says.
-- Returns the first thing that does not fit, in words with the row's place, job and version; null when all does.
create or replace function scheduler_private.chain_problem() returns text
language plpgsql stable set jit = off set timezone = 'UTC' set datestyle = 'ISO' set intervalstyle = 'postgres' as $$
begin
    return (with links as (
        select c.place, c.version_id, c.hash, coalesce(lag(c.hash) over w, ''::bytea) as before, coalesce(lag(c.place) over w, 0) as place_before
        from scheduler_private.job_chain c window w as (order by c.place)
    ),
    broken as (
        select l.place, case
            when l.place <> l.place_before + 1 then format('link %s of the chain of versions is missing', l.place_before + 1)
            when v.id is null then format('link %s of the chain of versions: the version it stands for is missing', l.place)
            else format('link %s of the chain of versions does not fit: version %s of job ''%s'' was changed, or a link before it',
                l.place, v.version, v.job)
            end as problem
        from links l left join scheduler_private.job_version v on v.id = l.version_id
        where l.place <> l.place_before + 1 or v.id is null
            or l.hash <> sha256(l.before || convert_to(scheduler_private.version_text(v), 'UTF8'))
    )
    select coalesce(
        (select b.problem from broken b order by b.place limit 1),
        (select format('the chain of versions ends at link %s; expected link %s', coalesce(max(c.place), 0), e.place)
         from scheduler_private.job_chain_end e left join scheduler_private.job_chain c on true
         group by e.place, e.hash having coalesce(max(c.place), 0) <> e.place
             or coalesce((select l.hash from scheduler_private.job_chain l where l.place = e.place), ''::bytea) <> e.hash),
        (select format('version %s of job ''%s'' is not in the chain of versions', v.version, v.job)
         from scheduler_private.job_version v where not exists (select from scheduler_private.job_chain c where c.version_id = v.id)
         order by v.id limit 1),
        (select format('job ''%s'' is not what its version %s says: it was changed with its triggers switched off', j.name, j.version)
         from scheduler.job j left join scheduler_private.job_version v on v.job = j.name and v.version = j.version
             cross join lateral (select to_jsonb(j) as present offset 0) p
         where v.id is null or exists (select from jsonb_each(v.definition) d where d.value is distinct from p.present -> d.key)
         order by j.name limit 1)));
end $$;
