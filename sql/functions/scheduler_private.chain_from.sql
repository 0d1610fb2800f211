-- Put the versions that are not in the chain yet on its end, in the order of their ids.
--   first   id of the first of them
create or replace function scheduler_private.chain_from(first bigint) returns void
language plpgsql as $$
declare
    link scheduler_private.job_chain_end;
    v scheduler_private.job_version;
begin
    select e.* into link from scheduler_private.job_chain_end e for update;
    for v in
        select j.* from scheduler_private.job_version j
        -- A look-up by key, not a join: a plan must not read the whole chain for one version.
        where j.id >= first and (select c.place from scheduler_private.job_chain c where c.version_id = j.id) is null
        order by j.id
    loop
        link.place := link.place + 1;
        link.hash := sha256(link.hash || convert_to(scheduler_private.version_text(v), 'UTF8'));
        insert into scheduler_private.job_chain (place, version_id, hash) values (link.place, v.id, link.hash);
    end loop;
    update scheduler_private.job_chain_end set place = link.place, hash = link.hash;
end $$;
