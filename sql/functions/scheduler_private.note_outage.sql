-- Note that a node could not reach the database for a while, as an incident that is over.
--   node, since   which node, and when it last reached it
--   detail        what it saw
create or replace function scheduler_private.note_outage(node text, since timestamptz, detail text) returns void
language sql volatile as $$
    insert into scheduler_private.incident (key, condition, severity, node, title, detail, opened_at, resolved_at)
    select 'node:' || note_outage.node || ':database', 'database_unreachable', 'page', note_outage.node,
        format('node %s could not reach the database', note_outage.node), left(note_outage.detail, 500), note_outage.since, clock_timestamp()
$$;
