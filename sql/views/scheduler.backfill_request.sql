-- Requests to run what was due in the past, the latest first. state: asked, entering, done, refused (see problem). due_count: instants to run;
-- succeeded_count: left out, for their fire has succeeded. A dry run that is done has entered nothing.
create or replace view scheduler.backfill_request as
select b.id, b.job, b.from_at, b.until_at, b.spacing, b.cap, b.dry_run, b.state, cardinality(b.due) as due_count, b.succeeded_count,
    b.due[1] as first_due_at, b.due[cardinality(b.due)] as last_due_at, b.entered_count, b.problem, b.requested_by, b.requested_at, b.node,
    b.answered_at
from scheduler_private.backfill b order by b.id desc;
