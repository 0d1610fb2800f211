-- Note what the job files said, in the transaction that applied them (scheduler config apply, or a node at its start).
--   noted       array of {"what", "name", "last_applied", "source"}: jobs, calendars and channels of which the files say something new
--   jobs        names of all jobs the files declare; what is noted of others is forgotten
--   calendars   the same of calendars
--   hash        of the plan
--   channels    the same of channels; null, as from a binary that knows none: what is noted of them stays
-- Changes no job. Safe to repeat.
create or replace function scheduler.note_files(noted jsonb, jobs text[], calendars text[], hash text, channels text[] default null) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from scheduler_private.job_file f
    where f.name <> all (case f.what when 'job' then note_files.jobs when 'calendar' then note_files.calendars else note_files.channels end);
    insert into scheduler_private.job_file as f (what, name, last_applied, source, applied_by, hash)
    select n.what, n.name, n.last_applied, n.source, session_user || ' (' || current_setting('application_name') || ')', note_files.hash
    from jsonb_to_recordset(note_files.noted) as n (what text, name text, last_applied jsonb, source text)
    on conflict (what, name) do update set last_applied = excluded.last_applied, source = excluded.source,
        applied_at = clock_timestamp(), applied_by = excluded.applied_by, hash = excluded.hash;
$$;
