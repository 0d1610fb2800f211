-- What is or was wrong, one row for each time a cause held, the open ones first. state: open, suppressed (another incident explains it, see
-- suppressed_by), resolved. condition: failing, missed, late, no_recent_success, stuck, slow, guard, paused_too_long, cannot_fire, backup_stale,
-- upload_stale, node_down, node_not_ready, no_checkin, clock_skew, backlog, misfires, history_sweep, undelivered, database_unreachable, common_cause.
create or replace view scheduler.incident as
select i.id, i.key, i.condition,
    case when i.resolved_at is not null then 'resolved' when i.suppressed_by is not null then 'suppressed' else 'open' end as state,
    i.severity, i.job, i.node, i.title, i.detail, i.opened_at, i.changed_at, i.resolved_at, i.suppressed_by, i.acked_at, i.acked_by, i.ack_reason,
    case when i.resolved_at is null
         then (select count(*)::int from scheduler_private.incident c where c.suppressed_by = i.id and c.resolved_at is null) else 0 end as suppresses
from scheduler_private.incident i
order by i.resolved_at is not null, i.suppressed_by is not null, i.severity = 'page' desc, i.severity = 'warning' desc, i.id desc;
