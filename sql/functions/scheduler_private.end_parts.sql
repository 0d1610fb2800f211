-- End what waits for a node that is gone, and what is part of a run that has ended. Returns how many runs were ended or asked to.
-- A part whose node dies before it begins has failed: no other node may take it. A run that was due by the start of a node never began and is
-- cancelled: the next start makes the next one. One look at an empty index where no job asks for one node.
create or replace function scheduler_private.end_parts() returns integer
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
    -- A node that loses its lease for a moment comes back within it.
    patience constant interval := interval '10 seconds';
    ended integer := 0;
    one record;
begin
    for one in
        select r.due_at, r.run_key, r.job, r.only_node, r.part_of, r.state, coalesce(p.state = 'finished', false) as over
        from scheduler_private.run r
        left join scheduler_private.run p on p.due_at = r.due_at and p.run_key = r.part_of
        where r.state <> 'finished' and r.only_node is not null
            and (p.state = 'finished' or (r.state = 'queued' and not exists (
                select from scheduler_private.node n
                where n.name = r.only_node and n.state <> 'stopped' and n.lease_until > clock_timestamp() - patience)))
            and (r.state = 'queued' or r.cancel is null)
        for update of r skip locked
    loop
        if one.state = 'running' then
            update scheduler_private.run r
            set cancel = jsonb_build_object('at', clock_timestamp(), 'by', 'scheduler', 'reason', 'run ' || one.part_of || ' has ended')
            where r.due_at = one.due_at and r.run_key = one.run_key;
            perform pg_notify('scheduler_cancel', one.run_key);
        else
            update scheduler_private.run r
            set state = 'finished', verdict = case when one.part_of is null or one.over then 'cancelled' else 'failed' end,
                reason = case when one.over then 'run ' || one.part_of || ' has ended' else 'node ' || one.only_node || ' is gone' end,
                ended_at = clock_timestamp(), token = r.token + 1
            where r.due_at = one.due_at and r.run_key = one.run_key;
            if one.part_of is null then
                update scheduler_private.job_gate g set active_key = null where g.job = one.job and g.active_key = one.run_key;
                perform pg_notify('scheduler_queued', '');
            end if;
        end if;
        ended := ended + 1;
    end loop;
    return ended;
end $$;
