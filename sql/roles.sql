-- Roles, and what each may do. Applied with every migration; needs CREATEROLE the first time. Nobody can log in as these:
-- grant them to logins of your own, e.g.  grant scheduler_operator to alice;
--   scheduler_viewer     reads the public views
--   scheduler_operator   also edits jobs (table scheduler.job, functions of schema scheduler) and asks for runs; cannot write any other table
--   scheduler_admin      an operator who may read the private schemas too
--   scheduler_node       what a node needs
do $$
declare
    wanted text;
begin
    foreach wanted in array array['scheduler_viewer', 'scheduler_operator', 'scheduler_admin', 'scheduler_node'] loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I nologin', wanted);
        end if;
    end loop;
end $$;

revoke all on schema scheduler_private, quartz from public;
grant usage on schema scheduler, fleet, snapshot to scheduler_viewer, scheduler_operator, scheduler_admin, scheduler_node;
grant select on all tables in schema scheduler, fleet, snapshot to scheduler_viewer, scheduler_operator, scheduler_admin;
revoke execute on all functions in schema scheduler, fleet, snapshot from public;
grant insert, update, delete on scheduler.job, scheduler.calendar to scheduler_operator, scheduler_admin;
grant execute on procedure scheduler.preview(text, text, integer, timestamptz, text)
    to scheduler_viewer, scheduler_operator, scheduler_admin, scheduler_node;
grant execute on function scheduler.ask_preview(text, text, integer, timestamptz), scheduler.preview_answer(bigint)
    to scheduler_viewer, scheduler_operator, scheduler_admin, scheduler_node;
grant execute on function scheduler.schedule(text, text, text, text, text, text, jsonb, text), scheduler.schedule(text, text),
    scheduler.unschedule(text, text), scheduler.pause(text, text, timestamptz), scheduler.resume(text, text), scheduler.enable(text, text),
    scheduler.disable(text, text), scheduler.undo(text, integer, text) to scheduler_operator, scheduler_admin, scheduler_node;
grant execute on function scheduler.run_now(text, jsonb, text), scheduler.cancel(text, text),
    scheduler.backfill(text, tstzrange, interval, integer, boolean) to scheduler_operator, scheduler_admin, scheduler_node;
grant execute on function scheduler.begin_trial(), scheduler.note_files(jsonb, text[], text[], text, text[])
    to scheduler_operator, scheduler_admin, scheduler_node;
grant insert, update, delete on snapshot.node to scheduler_operator, scheduler_admin;
grant execute on function snapshot.cancel_upload(bigint, text), snapshot.retry_upload(bigint, text)
    to scheduler_operator, scheduler_admin, scheduler_node;
grant execute on function scheduler.approve(text, text) to scheduler_operator, scheduler_admin, scheduler_node;
grant insert, update, delete on scheduler.channel to scheduler_operator, scheduler_admin;
grant execute on function scheduler.test_channel(text), scheduler.ack_incident(bigint, text) to scheduler_operator, scheduler_admin, scheduler_node;
grant usage on schema scheduler_private, quartz to scheduler_admin, scheduler_node;
grant select on all tables in schema scheduler_private, quartz to scheduler_admin;
grant all on all tables in schema scheduler, scheduler_private, quartz, fleet, snapshot to scheduler_node;
grant all on all sequences in schema scheduler_private, snapshot to scheduler_node;
-- What became of jobs is written by triggers alone.
revoke insert, update, delete, truncate on scheduler_private.job_version, scheduler_private.job_chain, scheduler_private.job_chain_end
    from scheduler_node, scheduler_admin;
grant execute on all functions in schema scheduler_private, fleet, snapshot to scheduler_node, scheduler_admin;
