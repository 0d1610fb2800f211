-- Open an incident for each thing that is wrong and has none, resolve those that are over, and bring the others up to date.
--   now_found   all that is wrong now
-- Returns how many it opened and resolved.
-- Without nested loops: the planner expects a handful of things, and when ten thousand jobs fail it would compare each with each.
create or replace function scheduler_private.settle_incidents(now_found scheduler_private.found[]) returns integer
language plpgsql volatile set enable_nestloop = off set enable_seqscan = on as $$
declare
    changes integer;
    resolved integer;
begin
    insert into scheduler_private.incident (key, condition, severity, job, node, title, detail, cause)
    select f.key, f.condition, f.severity, f.job, f.node, f.title, f.detail, f.cause from unnest(now_found) f
    where not exists (select from scheduler_private.incident i where i.key = f.key and i.resolved_at is null);
    get diagnostics changes = row_count;
    update scheduler_private.incident i set resolved_at = clock_timestamp(), changed_at = clock_timestamp()
    where i.resolved_at is null and not exists (select from unnest(now_found) f where f.key = i.key);
    get diagnostics resolved = row_count;
    -- What they say is brought up to date once a minute: it is for people.
    update scheduler_private.incident i
    set severity = f.severity, title = f.title, detail = f.detail, cause = f.cause, node = f.node, changed_at = clock_timestamp()
    from unnest(now_found) f
    where i.key = f.key and i.resolved_at is null
        and (i.severity <> f.severity or (i.changed_at < clock_timestamp() - interval '1 minute'
            and (i.title, i.detail, i.cause, i.node) is distinct from (f.title, f.detail, f.cause, f.node)));
    return changes + resolved;
end $$;
