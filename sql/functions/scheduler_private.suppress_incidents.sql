-- Note for each open incident which other one explains it, if any; the first of the rules counts:
--   no node is live        explains whatever does not run, and the nodes themselves
--   many jobs fail alike   explains those that fail so
--   a guard                explains that its job fails
--   runs pile up           explains late ones; many missed fires explain each of them; a clock that is off explains late runs
-- Without nested loops: see settle_incidents.sql.
create or replace function scheduler_private.suppress_incidents() returns void
language sql volatile set enable_nestloop = off set enable_seqscan = on as $$
    with open as materialized (
        select * from scheduler_private.incident i where i.resolved_at is null
    ),
    parent as materialized (
        select p.condition, p.job, p.cause, min(p.id) as id from open p
        where p.condition in ('no_checkin', 'common_cause', 'guard', 'backlog', 'misfires', 'clock_skew')
        group by p.condition, p.job, p.cause
    ),
    explained as materialized (
        select distinct on (c.id) c.id, p.id as parent
        from open c join parent p on case p.condition
            when 'no_checkin' then c.condition in ('node_down', 'missed', 'late', 'no_recent_success', 'backup_stale', 'upload_stale', 'stuck',
                'slow', 'backlog', 'misfires')
            when 'common_cause' then c.condition = 'failing' and c.cause = p.cause
            when 'guard' then c.condition = 'failing' and c.job = p.job
            when 'backlog' then c.condition = 'late'
            when 'misfires' then c.condition = 'missed'
            else c.condition = 'late' end
        order by c.id, array_position('{no_checkin,common_cause,guard,backlog,misfires,clock_skew}', p.condition)
    )
    update scheduler_private.incident i set suppressed_by = n.parent, changed_at = clock_timestamp()
    from (select o.id, e.parent from open o left join explained e on e.id = o.id) n
    where i.id = n.id and i.suppressed_by is distinct from n.parent
$$;
