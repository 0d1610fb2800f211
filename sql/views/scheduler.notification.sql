-- Messages to channels, the latest first; kept for 30 days. state: waiting, delivered, failed (given up, see error). what: alerts, digest (of more than
-- ten things at once, to PagerDuty), test, heartbeat. A receiver that gets one twice sees the same dedupe_key.
create or replace view scheduler.notification as
select n.id, n.channel, n.what, n.state, n.attempts, n.error, n.payload, n.dedupe_key, n.node, n.created_at, n.next_try_at, n.expires_at, n.ended_at
from scheduler_private.notification n order by n.id desc;
