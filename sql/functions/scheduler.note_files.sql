-- Note what the job files said, in the transaction that applied them (scheduler config apply, or a node at its start).
--   noted      array of {"job", "last_applied", "source"}: jobs of which the files say something new
--   declared   names of all jobs the files declare; what is noted of others is forgotten
--   hash       of the plan
-- Changes no job. Safe to repeat.
create or replace function scheduler.note_files(noted jsonb, declared text[], hash text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from scheduler_private.job_file f where f.job <> all (note_files.declared);
    insert into scheduler_private.job_file as f (job, last_applied, source, applied_by, hash)
    select n.job, n.last_applied, n.source, session_user || ' (' || current_setting('application_name') || ')', note_files.hash
    from jsonb_to_recordset(note_files.noted) as n (job text, last_applied jsonb, source text)
    on conflict (job) do update set last_applied = excluded.last_applied, source = excluded.source,
        applied_at = clock_timestamp(), applied_by = excluded.applied_by, hash = excluded.hash;
$$;
