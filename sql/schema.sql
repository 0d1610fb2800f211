CREATE SCHEMA fleet;

CREATE SCHEMA quartz;

CREATE SCHEMA scheduler;

CREATE SCHEMA scheduler_private;

CREATE SCHEMA snapshot;

CREATE TYPE scheduler_private.found AS (
	key text,
	condition text,
	severity text,
	job text,
	node text,
	title text,
	detail text,
	cause text
);

CREATE TABLE fleet.chunk (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    job_id uuid NOT NULL,
    node_id uuid,
    status text DEFAULT 'pending'::text NOT NULL,
    claimed_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    completed_at timestamp with time zone,
    error text,
    payload jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT chunk_attempts_are_counted_up CHECK ((attempts >= 0)),
    CONSTRAINT chunk_error_is_short CHECK ((length(error) <= 4000)),
    CONSTRAINT chunk_failed_says_why CHECK (((status <> 'failed'::text) OR (error IS NOT NULL))),
    CONSTRAINT chunk_finished_has_end CHECK (((status = ANY (ARRAY['done'::text, 'failed'::text])) = (completed_at IS NOT NULL))),
    CONSTRAINT chunk_pending_is_free CHECK (((status <> 'pending'::text) OR ((node_id IS NULL) AND (claimed_at IS NULL)))),
    CONSTRAINT chunk_running_is_held CHECK (((status <> 'running'::text) OR ((node_id IS NOT NULL) AND (claimed_at IS NOT NULL)))),
    CONSTRAINT chunk_status_is_known CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'done'::text, 'failed'::text])))
)
WITH (fillfactor='70');

CREATE FUNCTION fleet.claim_chunks(node_id uuid, max_count integer DEFAULT 1) RETURNS SETOF fleet.chunk
    LANGUAGE plpgsql
    AS $$
declare
    node_status text;
begin
    if max_count is null or max_count not between 1 and 1000 then
        raise exception 'max_count is %; expected 1 to 1000', coalesce(max_count::text, 'null') using errcode = 'invalid_parameter_value';
    end if;
    select n.status into node_status from fleet.node n where n.id = claim_chunks.node_id;
    if not found then
        raise exception 'there is no fleet node %', coalesce(claim_chunks.node_id::text, 'null') using errcode = 'no_data_found',
            hint = 'register again with fleet.register(name) and use the id it returns; nodes that never joined or left long ago are deleted';
    end if;
    if node_status <> 'online' then
        raise exception 'fleet node % is %; only online nodes may claim chunks', claim_chunks.node_id, node_status
            using errcode = 'object_not_in_prerequisite_state', hint = 'call fleet.heartbeat(node_id) first: it puts the node online';
    end if;
    return query
    with free as materialized (
        select p.id from fleet.chunk p where p.status = 'pending'
        order by p.created_at, p.id limit claim_chunks.max_count
        for update skip locked
    )
    update fleet.chunk c
    set status = 'running', node_id = claim_chunks.node_id, claimed_at = clock_timestamp(), attempts = c.attempts + 1, error = null
    from free where c.id = free.id
    returning c.*;
end $$;

CREATE FUNCTION fleet.complete_chunk(chunk_id uuid, node_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
    update fleet.chunk c set status = 'done', completed_at = clock_timestamp()
    where c.id = complete_chunk.chunk_id and c.node_id = complete_chunk.node_id and c.status = 'running';
    return found or exists (
        select from fleet.chunk c
        where c.id = complete_chunk.chunk_id and c.node_id = complete_chunk.node_id and c.status = 'done');
end $$;

CREATE FUNCTION fleet.fail_chunk(chunk_id uuid, node_id uuid, error text) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
    update fleet.chunk c
    set status = 'failed', completed_at = clock_timestamp(), error = left(coalesce(nullif(fail_chunk.error, ''), 'no reason given'), 4000)
    where c.id = fail_chunk.chunk_id and c.node_id = fail_chunk.node_id and c.status = 'running';
    return found or exists (
        select from fleet.chunk c
        where c.id = fail_chunk.chunk_id and c.node_id = fail_chunk.node_id and c.status = 'failed');
end $$;

CREATE FUNCTION fleet.heartbeat(node_id uuid) RETURNS timestamp with time zone
    LANGUAGE plpgsql
    AS $$
declare
    seen timestamptz := clock_timestamp();
begin
    update fleet.node n set status = 'online', last_seen_at = seen where n.id = heartbeat.node_id;
    if not found then
        raise exception 'there is no fleet node %', coalesce(heartbeat.node_id::text, 'null') using errcode = 'no_data_found',
            hint = 'register again with fleet.register(name) and use the id it returns; nodes that never joined or left long ago are deleted';
    end if;
    insert into fleet.heartbeat (node_id, created_at) values (heartbeat.node_id, seen);
    return seen;
end $$;

CREATE FUNCTION fleet.register(name text, user_id uuid DEFAULT NULL::uuid) RETURNS uuid
    LANGUAGE sql
    AS $$
    insert into fleet.node (name, user_id) values (register.name, register.user_id) returning id
$$;

CREATE FUNCTION quartz.wake() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    notify scheduler_quartz;
    return null;
end $$;

CREATE FUNCTION scheduler.ack_incident(id bigint, reason text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    found_one scheduler_private.incident;
begin
    select * into found_one from scheduler_private.incident i where i.id = ack_incident.id for update;
    if not found or found_one.resolved_at is not null then
        raise exception 'there is no open incident %', ack_incident.id using errcode = 'no_data_found',
            hint = case when found_one.resolved_at is not null then 'it is resolved' else 'see scheduler.incident' end;
    elsif found_one.acked_at is not null then
        return false;
    end if;
    update scheduler_private.incident i
    set acked_at = clock_timestamp(), acked_by = session_user, ack_reason = left(reason, 500)
    where i.id = ack_incident.id;
    return true;
end $$;

CREATE FUNCTION scheduler.approve(run_key text, reason text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    stopped scheduler_private.run;
    present integer;
    going_on text;
begin
    if coalesce(trim(approve.reason), '') = '' then
        raise exception 'reason is empty; expected why it is right to delete that much' using errcode = 'invalid_parameter_value';
    end if;
    select r.* into stopped from scheduler_private.run r
    where r.due_at = scheduler_private.due_of(approve.run_key) and r.run_key = approve.run_key;
    if not found then
        raise exception 'there is no run %', quote_literal(approve.run_key)
            using errcode = 'no_data_found', hint = 'see scheduler.awaiting_approval';
    end if;
    -- Held until the end: two approvals of one run are one after the other.
    select g.version into present from scheduler_private.job_gate g where g.job = stopped.job for no key update;
    select a.new_run_key into going_on from scheduler_private.approval a where a.run_key = approve.run_key;
    if found then
        return going_on;
    end if;
    if stopped.verdict is distinct from 'failed' or stopped.reason is distinct from 'guard' then
        raise exception 'run % waits for no approval: it is %', quote_literal(approve.run_key),
            stopped.state || coalesce(', ' || stopped.verdict, '') || coalesce(' (' || stopped.reason || ')', '')
            using errcode = 'object_not_in_prerequisite_state', hint = 'only runs with the verdict failed and the reason guard do';
    end if;
    if present is distinct from stopped.version then
        raise exception 'job % was changed since: the run had version %, the job has %', quote_literal(stopped.job), stopped.version,
            coalesce(present::text, 'none')
            using errcode = 'object_not_in_prerequisite_state', hint = 'run the job anew: its guard counts again';
    end if;
    going_on := scheduler.run_now(stopped.job, stopped.params);
    if exists (select from scheduler_private.run r
               where r.due_at = scheduler_private.due_of(going_on) and r.run_key = going_on and r.state = 'finished') then
        raise exception 'a run of job % is under way', quote_literal(stopped.job)
            using errcode = 'object_in_use', hint = 'approve again when it has ended';
    end if;
    insert into scheduler_private.approval (run_key, job, due_at, counts, new_run_key, reason)
    values (stopped.run_key, stopped.job, coalesce((select a.due_at from scheduler_private.approval a where a.new_run_key = stopped.run_key),
        stopped.due_at), coalesce(stopped.result -> 'would_delete', '{}'), going_on, approve.reason);
    return going_on;
end $$;

CREATE FUNCTION scheduler.ask_preview(schedule text, time_zone text, n integer, "from" timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    question bigint;
begin
    if ask_preview.schedule is null or ask_preview.time_zone is null or length(ask_preview.schedule) > 10000 or length(ask_preview.time_zone) > 200 then
        raise exception 'schedule and time_zone are expected, of at most 10000 and 200 characters' using errcode = 'invalid_parameter_value';
    end if;
    if ask_preview.n is null or ask_preview.n not between 1 and 1000 then
        raise exception 'n is %; expected 1 to 1000', coalesce(ask_preview.n::text, 'null') using errcode = 'invalid_parameter_value';
    end if;
    if ask_preview."from" not between '1970-01-01Z' and '9999-01-01Z' then
        raise exception 'from is %; expected an instant of the years 1970 to 9998', ask_preview."from" using errcode = 'invalid_parameter_value';
    end if;
    delete from scheduler_private.question q where q.asked_at < clock_timestamp() - interval '1 hour';
    insert into scheduler_private.question (schedule, time_zone, fires, due_after)
    values (ask_preview.schedule, ask_preview.time_zone, ask_preview.n, ask_preview."from") returning id into question;
    perform pg_notify('scheduler_questions', '');
    return question;
end $$;

CREATE FUNCTION scheduler.backfill(name text, range tstzrange, spacing interval DEFAULT NULL::interval, cap integer DEFAULT 1000, dry_run boolean DEFAULT true) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    number bigint;
    template boolean;
begin
    select j.for_each is not null into template from scheduler.job j where j.name = backfill.name;
    if not found then
        raise exception 'there is no job named %', quote_literal(backfill.name) using errcode = 'no_data_found', hint = 'see scheduler.job';
    elsif template then
        raise exception 'job % stands for one job a row (for_each) and has no runs of its own', quote_literal(backfill.name)
            using errcode = 'invalid_parameter_value', hint = 'backfill those it made: select name from scheduler.job where made_by = '
                || quote_literal(backfill.name);
    elsif backfill.range is null or isempty(backfill.range) or lower_inf(backfill.range) or upper_inf(backfill.range)
        or not isfinite(lower(backfill.range)) or not isfinite(upper(backfill.range)) then
        raise exception 'range is %; expected two instants, the first before the second', coalesce(quote_literal(backfill.range), 'null')
            using errcode = 'invalid_parameter_value', hint = 'e.g. tstzrange(''2026-11-01'', ''2026-11-08'')';
    elsif not (scheduler_private.is_instant(lower(backfill.range)) and scheduler_private.is_instant(upper(backfill.range))) then
        raise exception 'range is %; expected instants of the years 1970 to 9998', quote_literal(backfill.range)
            using errcode = 'invalid_parameter_value';
    elsif backfill.cap is null or backfill.cap not between 1 and 10000 then
        raise exception 'cap is %; expected 1 to 10000', coalesce(backfill.cap::text, 'null') using errcode = 'invalid_parameter_value';
    elsif backfill.spacing not between interval '1 second' and interval '7 days' then
        raise exception 'spacing is %; expected 1 second to 7 days, or null', backfill.spacing using errcode = 'invalid_parameter_value';
    end if;
    insert into scheduler_private.backfill (job, from_at, until_at, spacing, cap, dry_run)
    values (backfill.name, lower(backfill.range) + case when lower_inc(backfill.range) then interval '0' else interval '1 microsecond' end,
            upper(backfill.range) + case when upper_inc(backfill.range) then interval '1 microsecond' else interval '0' end,
            backfill.spacing, backfill.cap, coalesce(backfill.dry_run, true))
    returning id into number;
    perform pg_notify('scheduler_request', '');
    return number;
end $$;

CREATE FUNCTION scheduler.begin_trial() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    insert into scheduler_private.trial (xid) values (pg_current_xact_id()) on conflict do nothing;
    perform set_config('lock_timeout', '1s', true);
end $$;

CREATE FUNCTION scheduler.cancel(run_key text, reason text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    asked scheduler_private.run;
    why text := left(coalesce(nullif(cancel.reason, ''), 'by ' || session_user), 200);
begin
    -- The run first, then the gate: the order everybody locks in.
    select r.* into asked from scheduler_private.run r
    where r.due_at = scheduler_private.due_of(cancel.run_key) and r.run_key = cancel.run_key for no key update;
    if not found then
        raise exception 'there is no run %', quote_literal(cancel.run_key)
            using errcode = 'no_data_found', hint = 'see scheduler.run; a key is e.g. cleanup@2026-11-21T04:00:00Z';
    end if;
    if asked.state = 'finished' then
        return asked.verdict;
    end if;
    if asked.state = 'running' then
        update scheduler_private.run r
        set cancel = coalesce(r.cancel, jsonb_build_object('at', clock_timestamp(), 'by', session_user, 'reason', why))
        where r.due_at = asked.due_at and r.run_key = asked.run_key;
        perform pg_notify('scheduler_cancel', asked.run_key);
        return 'requested';
    end if;
    update scheduler_private.run r
    set state = 'finished', verdict = 'cancelled', reason = why, ended_at = clock_timestamp(), token = r.token + 1,
        cancel = jsonb_build_object('at', clock_timestamp(), 'by', session_user, 'reason', why)
    where r.due_at = asked.due_at and r.run_key = asked.run_key;
    update scheduler_private.job_gate g set active_key = null where g.job = asked.job and g.active_key = asked.run_key;
    perform pg_notify('scheduler_queued', '');
    perform pg_notify('scheduler_finished', asked.run_key);
    return 'cancelled';
end $$;

CREATE FUNCTION scheduler.disable(pattern text, reason text DEFAULT NULL::text) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    names constant text[] := scheduler_private.matching_jobs(disable.pattern);
    told constant text := coalesce(current_setting('scheduler.reason', true), '');
begin
    perform set_config('scheduler.reason', coalesce(disable.reason, told), true);
    -- In the order of the names, so that two calls do not wait for each other in a circle.
    perform from scheduler.job j where j.name = any (names) order by j.name for no key update;
    return query
        update scheduler.job j set enabled = false
        where j.name = any (names) and j.enabled
        returning j.name;
    perform set_config('scheduler.reason', told, true);
end $$;

CREATE FUNCTION scheduler.enable(pattern text, reason text DEFAULT NULL::text) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    names constant text[] := scheduler_private.matching_jobs(enable.pattern);
    told constant text := coalesce(current_setting('scheduler.reason', true), '');
begin
    perform set_config('scheduler.reason', coalesce(enable.reason, told), true);
    -- In the order of the names, so that two calls do not wait for each other in a circle.
    perform from scheduler.job j where j.name = any (names) order by j.name for no key update;
    return query
        update scheduler.job j set enabled = true
        where j.name = any (names) and not j.enabled
        returning j.name;
    perform set_config('scheduler.reason', told, true);
end $$;

CREATE FUNCTION scheduler.note_files(noted jsonb, jobs text[], calendars text[], hash text, channels text[] DEFAULT NULL::text[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    delete from scheduler_private.job_file f
    where f.name <> all (case f.what when 'job' then note_files.jobs when 'calendar' then note_files.calendars else note_files.channels end);
    insert into scheduler_private.job_file as f (what, name, last_applied, source, applied_by, hash)
    select n.what, n.name, n.last_applied, n.source, session_user || ' (' || current_setting('application_name') || ')', note_files.hash
    from jsonb_to_recordset(note_files.noted) as n (what text, name text, last_applied jsonb, source text)
    on conflict (what, name) do update set last_applied = excluded.last_applied, source = excluded.source,
        applied_at = clock_timestamp(), applied_by = excluded.applied_by, hash = excluded.hash;
$$;

CREATE FUNCTION scheduler.pause(pattern text, reason text DEFAULT NULL::text, until timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    names constant text[] := scheduler_private.matching_jobs(pause.pattern);
    told constant text := coalesce(current_setting('scheduler.reason', true), '');
begin
    if pause.until <= clock_timestamp() then
        raise exception 'until is %; expected an instant that is yet to come',
            to_char(pause.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') using errcode = 'invalid_parameter_value';
    end if;
    perform set_config('scheduler.reason', coalesce(pause.reason, told), true);
    -- In the order of the names, so that two calls do not wait for each other in a circle.
    perform from scheduler.job j where j.name = any (names) order by j.name for no key update;
    return query
        update scheduler.job j set
            paused_at = case when j.paused_until <= clock_timestamp() then clock_timestamp() else coalesce(j.paused_at, clock_timestamp()) end,
            paused_by = session_user,
            pause_reason = coalesce(pause.reason, nullif(told, '')), paused_until = pause.until
        where j.name = any (names) and (j.paused_at is null or j.paused_until is distinct from pause.until
            or j.pause_reason is distinct from coalesce(pause.reason, nullif(told, '')))
        returning j.name;
    perform set_config('scheduler.reason', told, true);
end $$;

CREATE PROCEDURE scheduler.preview(IN schedule text, IN time_zone text DEFAULT 'UTC'::text, IN n integer DEFAULT 10, IN "from" timestamp with time zone DEFAULT NULL::timestamp with time zone, INOUT answer text DEFAULT NULL::text)
    LANGUAGE plpgsql
    AS $$
declare
    question bigint := scheduler.ask_preview(schedule, time_zone, n, "from");
begin
    commit;
    for i in 1 .. 200 loop
        answer := scheduler.preview_answer(question);
        exit when answer is not null;
        perform pg_sleep(0.05);
        commit;
    end loop;
    if answer is null then
        raise exception 'no node answered within ten seconds' using errcode = 'query_canceled', hint = 'see scheduler.node; is a node live?';
    end if;
end $$;

CREATE FUNCTION scheduler.preview_answer(question bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    found scheduler_private.question;
begin
    select q.* into found from scheduler_private.question q where q.id = preview_answer.question;
    if found.error is not null then
        raise exception '%', found.error using errcode = 'invalid_parameter_value';
    end if;
    return found.answer;
end $$;

CREATE FUNCTION scheduler.resume(pattern text, reason text DEFAULT NULL::text) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    names constant text[] := scheduler_private.matching_jobs(resume.pattern);
    told constant text := coalesce(current_setting('scheduler.reason', true), '');
begin
    perform set_config('scheduler.reason', coalesce(resume.reason, told), true);
    -- In the order of the names, so that two calls do not wait for each other in a circle.
    perform from scheduler.job j where j.name = any (names) order by j.name for no key update;
    return query
        update scheduler.job j set paused_at = null
        where j.name = any (names) and j.paused_at is not null
        returning j.name;
    perform set_config('scheduler.reason', told, true);
end $$;

CREATE FUNCTION scheduler.run_now(name text, params jsonb DEFAULT NULL::jsonb, key text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    gate scheduler_private.job_gate;
    due timestamptz := clock_timestamp();
    new_key text := run_now.name || '!' || to_char(due at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    held boolean;
    own jsonb;
begin
    if jsonb_typeof(run_now.params) <> 'object' then
        raise exception 'params is %; expected an object, e.g. {"day": "2026-11-21"}', left(run_now.params::text, 100)
            using errcode = 'invalid_parameter_value';
    end if;
    select g.* into gate from scheduler_private.job_gate g where g.job = run_now.name for no key update;
    if not found then
        raise exception 'there is no job named %', quote_literal(run_now.name)
            using errcode = 'no_data_found',
                  hint = coalesce((select 'did you mean ' || quote_literal(j.name) || '?' from scheduler.job j
                                   where j.name like left(run_now.name, 3) || '%' order by j.name limit 1), 'see scheduler.job');
    end if;
    select j.params into own from scheduler.job j where j.name = run_now.name and j.for_each is null;
    if not found then
        raise exception 'job % stands for one job a row (for_each) and has no runs of its own', quote_literal(run_now.name)
            using errcode = 'invalid_parameter_value',
                  hint = 'run one it made: select name from scheduler.job where made_by = ' || quote_literal(run_now.name);
    end if;
    if run_now.params is not null then
        perform scheduler_private.check_params(run_now.name, own, run_now.params);
    end if;
    if run_now.key is not null then
        insert into scheduler_private.request (job, key, run_key) values (run_now.name, run_now.key, new_key)
        on conflict (job, key) do nothing;
        if not found then
            return (select r.run_key from scheduler_private.request r where r.job = run_now.name and r.key = run_now.key);
        end if;
    end if;
    held := gate.overlap = 'skip' and gate.active_key is not null;
    insert into scheduler_private.run
        (run_key, job, due_at, state, version, priority, runs_on, on_lost, ended_at, verdict, reason, params, requested_by,
            concurrency_group)
    values (new_key, run_now.name, due, case when held then 'finished' else 'queued' end, gate.version, gate.priority,
            gate.runs_on, gate.on_lost, case when held then clock_timestamp() end, case when held then 'skipped' end,
            case when held then 'overlap' end, nullif(own || coalesce(run_now.params, '{}'), '{}'), session_user, gate.concurrency_group);
    if not held and gate.overlap = 'skip' then
        update scheduler_private.job_gate g set active_key = new_key where g.job = run_now.name;
    end if;
    perform pg_notify('scheduler_queued', '');
    return new_key;
end $$;

CREATE FUNCTION scheduler.schedule(schedule text, command text) RETURNS text
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
    select scheduler.schedule('sql-' || left(encode(sha256(convert_to(schedule.schedule || ' ' || schedule.command, 'UTF8')), 'hex'), 12),
        schedule.schedule, schedule.command)
$$;

CREATE FUNCTION scheduler.schedule(name text, schedule text, command text, time_zone text DEFAULT 'UTC'::text, kind text DEFAULT 'sql'::text, database text DEFAULT NULL::text, params jsonb DEFAULT '{}'::jsonb, description text DEFAULT ''::text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    given jsonb;
begin
    if schedule.kind = 'sql' then
        given := jsonb_strip_nulls(jsonb_build_object('statement', schedule.command, 'database', schedule.database));
    else
        begin
            given := schedule.command::jsonb;
        exception when invalid_text_representation then
            raise exception 'job ''%'': command is no JSON; expected the settings of kind %, e.g. {"batch": 100}', schedule.name, schedule.kind
                using errcode = 'invalid_parameter_value';
        end;
    end if;
    insert into scheduler.job as j (name, schedule, settings, time_zone, kind, params, description)
    values (schedule.name, schedule.schedule, given, schedule.time_zone, schedule.kind, schedule.params, schedule.description)
    on conflict (name) do update set schedule = excluded.schedule, settings = excluded.settings, time_zone = excluded.time_zone,
        kind = excluded.kind, params = excluded.params,
        description = case when excluded.description = '' then j.description else excluded.description end;
    return schedule.name;
end $$;

CREATE FUNCTION scheduler.test_channel(name text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    near text;
    number bigint;
begin
    if not exists (select from scheduler.channel c where c.name = test_channel.name) then
        near := scheduler_private.nearest(test_channel.name, array(select c.name from scheduler.channel c order by c.name));
        raise exception 'there is no channel %', coalesce(scheduler_private.shown(to_jsonb(test_channel.name)), 'without a name')
            using errcode = 'no_data_found', hint = coalesce('did you mean ' || quote_literal(near) || '?', 'see scheduler.channel');
    end if;
    insert into scheduler_private.notification (channel, what, payload, expires_at)
    values (test_channel.name, 'test', jsonb_build_object('channel', test_channel.name, 'at', clock_timestamp(), 'by', session_user),
        clock_timestamp() + interval '5 minutes') returning id into number;
    perform pg_notify('scheduler_outbox', '');
    return number;
end $$;

CREATE FUNCTION scheduler.undo(name text, to_version integer DEFAULT NULL::integer, reason text DEFAULT NULL::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $_$
#variable_conflict use_column
declare
    told constant text := coalesce(current_setting('scheduler.reason', true), '');
    present scheduler.job;
    former scheduler_private.job_version;
    restored scheduler.job;
    columns text;
    made integer;
begin
    select j.* into present from scheduler.job j where j.name = undo.name for no key update;
    select v.* into former from scheduler_private.job_version v
    where v.job = undo.name and (v.version = undo.to_version
        or (undo.to_version is null and (present.name is null or v.version < present.version) and v.action <> 'delete'))
    order by v.version desc limit 1;
    if not found then
        if present.name is null and not exists (select from scheduler_private.job_version v where v.job = undo.name) then
            perform scheduler_private.matching_jobs(undo.name);
        end if;
        raise exception 'job ''%'' has no version %', undo.name, coalesce(undo.to_version::text, 'before its first')
            using errcode = 'no_data_found', hint = format('its versions are %s', (select string_agg(v.version::text, ', ' order by v.version)
                from (select w.version from scheduler_private.job_version w where w.job = undo.name order by w.version desc limit 20) v));
    end if;
    restored := jsonb_populate_record(present, former.definition);
    perform set_config('scheduler.reason', coalesce(undo.reason, told, ''), true), set_config('scheduler_private.action', 'undo', true);
    if present.name is null then
        select string_agg(quote_ident(d.key), ', ') into columns from jsonb_object_keys(former.definition) d (key)
        where exists (select from pg_attribute a where a.attrelid = 'scheduler.job'::regclass and a.attname = d.key and not a.attisdropped);
        execute format('insert into scheduler.job as j (%1$s) select %1$s from jsonb_populate_record(null::scheduler.job, $1)'
            ' returning j.version', columns)
            into made using former.definition;
    else
        if undo.to_version is not null then
            restored.paused_at := present.paused_at;
            restored.paused_by := present.paused_by;
            restored.pause_reason := present.pause_reason;
            restored.paused_until := present.paused_until;
        end if;
        select string_agg(format('%1$I = ($1).%1$I', d.key), ', ') into columns from jsonb_object_keys(former.definition) d (key)
        where exists (select from pg_attribute a where a.attrelid = 'scheduler.job'::regclass and a.attname = d.key and not a.attisdropped);
        execute format('update scheduler.job j set %s where j.name = $2 returning j.version', columns) into made using restored, undo.name;
    end if;
    perform set_config('scheduler.reason', told, true), set_config('scheduler_private.action', '', true);
    return made;
end $_$;

CREATE FUNCTION scheduler.unschedule(name text, reason text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
    told constant text := coalesce(current_setting('scheduler.reason', true), '');
    gone boolean;
begin
    if unschedule.name ~ '[*?]' then
        raise exception 'name is %; expected the name of one job, for many are not deleted at once',
            quote_literal(unschedule.name) using errcode = 'invalid_parameter_value';
    end if;
    perform set_config('scheduler.reason', coalesce(unschedule.reason, told), true);
    delete from scheduler.job j where j.name = any (scheduler_private.matching_jobs(unschedule.name));
    gone := found;
    perform set_config('scheduler.reason', told, true);
    return gone;
end $$;

CREATE FUNCTION scheduler_private.at_problem(part text, words text[], time_zone text, OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql STABLE
    AS $$
declare
    expected constant text := scheduler_private.schedule_grammar() #>> '{at,expected}';
    form constant text[] := regexp_match(array_to_string(words[2:], 'T'), scheduler_private.schedule_grammar() #>> '{at,form}');
    instant constant text[] := regexp_match(array_to_string(words[2:], ' '), scheduler_private.schedule_grammar() #>> '{at,meant}');
    day_max constant integer := 14 * 60;
    local timestamp;
    near timestamptz;
begin
    if cardinality(words) not between 2 and 3 or form is null then
        problem := format('schedule ''%s'' cannot be read; %s', part, expected);
        if instant is not null then
            meant := 'at ' || instant[1] || 'T' || coalesce(instant[2], '00:00') || coalesce(instant[3] || ':' || coalesce(instant[4], '00'), '')
                || case when instant[5] is not null then 'Z' else '' end;
        end if;
        return;
    end if;
    local := scheduler_private.local_time(form[1]);
    if local is null or local < timestamp '1970-01-01' or local > timestamp '9999-12-30' then
        problem := format('schedule ''%s'': there is no instant %s; %s', part, form[1], expected);
    elsif form[2] ~ '^[+-]' then
        if substr(form[2], 5)::integer > 59 or substr(form[2], 2, 2)::integer * 60 + substr(form[2], 5)::integer > day_max then
            problem := format('schedule ''%s'': ''%s'' is no offset; %s', part, form[2], expected);
        end if;
    elsif form[2] is null then
        -- The server reads a time that the clocks leave out as if they had not been put forward yet.
        near := local at time zone time_zone;
        if near at time zone time_zone <> local then
            problem := format('schedule ''%s'': there is no %s on %s in %s, where the clocks go forward; expected a time outside that hour, or an instant '
                'such as %s', part, to_char(local, 'HH24:MI:SS'), to_char(local, 'YYYY-MM-DD'), time_zone,
                to_char(near at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
        end if;
    end if;
end $$;

CREATE FUNCTION scheduler_private.backfill_step() RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    asked scheduler_private.backfill;
    gate scheduler_private.job_gate;
    alone boolean;
    batch integer;
    instant timestamptz;
    key text;
begin
    for asked in
        select b.* from scheduler_private.backfill b
        where b.state = 'entering' and b.next_at <= clock_timestamp() order by b.id limit 20 for update skip locked
    loop
        select g.* into gate from scheduler_private.job_gate g where g.job = asked.job for no key update;
        if not found then
            update scheduler_private.backfill b set state = 'refused', problem = 'the job was deleted' where b.id = asked.id;
            continue;
        end if;
        -- One at a time where a run that is there would forbid the next, or be cancelled by it.
        alone := gate.overlap = 'skip' or gate.supersedes;
        if alone and (gate.active_key is not null
            or exists (select from scheduler_private.run r where r.state in ('queued', 'running') and r.job = asked.job)) then
            update scheduler_private.backfill b set next_at = clock_timestamp() + interval '250 milliseconds' where b.id = asked.id;
            continue;
        end if;
        batch := case when alone or asked.spacing is not null then 1 else 500 end;
        foreach instant in array asked.due[asked.entered_count + 1 : asked.entered_count + batch] loop
            key := asked.job || '!backfill@' || to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
            insert into scheduler_private.run
                (run_key, job, due_at, state, version, priority, runs_on, on_lost, params, requested_by, concurrency_group)
            select key, asked.job, instant, 'queued', gate.version, gate.priority, gate.runs_on, gate.on_lost, nullif(j.params, '{}'),
                asked.requested_by, gate.concurrency_group
            from scheduler.job j where j.name = asked.job
            on conflict do nothing;
            if found and gate.overlap = 'skip' then
                update scheduler_private.job_gate g set active_key = key where g.job = asked.job;
            end if;
        end loop;
        update scheduler_private.backfill b
        set entered_count = least(b.entered_count + batch, cardinality(b.due)),
            state = case when b.entered_count + batch >= cardinality(b.due) then 'done' else 'entering' end,
            next_at = clock_timestamp() + coalesce(b.spacing, interval '0')
        where b.id = asked.id;
        perform pg_notify('scheduler_queued', '');
    end loop;
    return (select count(*) from scheduler_private.backfill b where b.state in ('asked', 'entering'));
end $$;

CREATE FUNCTION scheduler_private.blackout_problem(entry jsonb, time_zone text, OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql STABLE
    AS $_$
declare
    given constant jsonb := case jsonb_typeof(entry) when 'object' then jsonb_strip_nulls(entry) else '{}' end;
    keys constant text := (select string_agg(k, ',' order by k) from jsonb_object_keys(given) k);
    hour constant text := '^(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?$';
    texts constant text[] := case when keys = 'daily' and jsonb_typeof(given -> 'daily') = 'array'
        then array(select d.text from jsonb_array_elements_text(given -> 'daily') with ordinality as d (text, n) order by d.n)
        else array[given ->> 'from', given ->> 'to'] end;
    words text[];
    times timestamp[];
    shift interval;
begin
    if jsonb_typeof(entry) <> 'object' or exists (select from jsonb_object_keys(entry) k where k not in ('from', 'to', 'daily', 'cron'))
        or keys is null or keys not in ('from,to', 'daily', 'cron')
        or exists (select from jsonb_each(given) g where jsonb_typeof(g.value) <> case g.key when 'daily' then 'array' else 'string' end)
        or (keys = 'daily' and (cardinality(texts) <> 2
            or exists (select from jsonb_array_elements(given -> 'daily') d where jsonb_typeof(d) not in ('string', 'null')))) then
        problem := 'a blackout has no form that is known; expected from and to, daily, or cron';
    elsif keys = 'cron' then
        words := array_remove(regexp_split_to_array(given ->> 'cron', '[ \t\n\r]+'), '');
        if cardinality(words) between 5 and 7 then
            select c.problem, c.meant into problem, meant from scheduler_private.cron_problem(given ->> 'cron', words) c;
        else
            problem := format('blackout cron ''%s'' has %s fields; expected 5, 6 or 7', given ->> 'cron', cardinality(words));
        end if;
    elsif keys = 'daily' then
        for i in 1 .. 2 loop
            if coalesce(texts[i], '') !~ hour and not coalesce(i = 2 and texts[i] = '24:00', false) then
                problem := format('blackout time ''%s'' cannot be read; expected a time of day such as 22:00', texts[i]);
                return;
            end if;
        end loop;
        if texts[1]::time = (case texts[2] when '24:00' then '00:00' else texts[2] end)::time then
            problem := format('blackout from %s to %s every day has no length; expected two times', texts[1], texts[2]);
        end if;
    else
        for i in 1 .. 2 loop
            times := times || scheduler_private.local_time(texts[i]);
            if times[i] is null or extract(year from times[i]) not between 2 and 9998 then
                problem := format('blackout instant ''%s'' cannot be read; expected local time such as 2026-12-24T18:00', texts[i]);
                return;
            end if;
        end loop;
        -- All that the clocks leave out is one instant, when they are put forward: what lies within has no length.
        shift := (times[1] at time zone time_zone) at time zone time_zone - times[1];
        if times[1] >= times[2] or (shift > interval '0' and times[2] - times[1] <= shift
            and ((times[2] - interval '1 second') at time zone time_zone) at time zone time_zone > times[2] - interval '1 second') then
            problem := format('blackout from %s to %s is over before it begins; expected ''from'' before ''to''', texts[1], texts[2]);
        end if;
    end if;
end $_$;

CREATE FUNCTION scheduler_private.calendar_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    bad text;
    meant text;
    weekdays constant text[] := '{sun,mon,tue,wed,thu,fri,sat}';
begin
    if tg_op = 'DELETE' then
        if tg_when = 'AFTER' then
            perform pg_notify('scheduler_jobs', '');
            return null;
        end if;
        bad := (select string_agg(quote_literal(j.name), ', ') from
                (select j.name from scheduler.job j where j.calendar = old.name order by j.name limit 5) j);
        if bad is not null then
            raise exception 'calendar % is used by the jobs %', quote_literal(old.name), bad using errcode = 'foreign_key_violation',
                hint = format('first: update scheduler.job set calendar = null where calendar = %L', old.name);
        end if;
        return old;
    end if;
    if tg_when = 'AFTER' then
        -- What a node notes in the row changes no job.
        if (tg_op = 'UPDATE' and new.version = old.version) or scheduler_private.is_trial() then
            return null;
        end if;
        insert into scheduler_private.job_change as c (job)
        select j.name from scheduler.job j where j.calendar = new.name order by j.name
        on conflict (job) do update set mark = excluded.mark, marked_at = excluded.marked_at;
        perform pg_notify('scheduler_jobs', '');
        return null;
    end if;
    if tg_op = 'UPDATE' and to_jsonb(new) - array['version', 'updated_at', 'problem', 'source']
        = to_jsonb(old) - array['version', 'updated_at', 'problem', 'source'] then
        return new;
    end if;
    select p.problem, p.meant into bad, meant from scheduler_private.time_zone_problem(coalesce(new.time_zone, '')) p;
    new.weekdays := array(select lower(d collate "C") from unnest(new.weekdays) with ordinality as w (d, n) order by n);
    if bad is null then
        select format('weekday ''%s'' is not known', w.d), scheduler_private.nearest(w.d, weekdays) into bad, meant
        from unnest(new.weekdays) with ordinality as w (d, n) where w.d is null or w.d <> all (weekdays) order by w.n limit 1;
        bad := bad || case when meant is null then '; expected one of ' || array_to_string(weekdays, ', ') else '' end;
    end if;
    if bad is null and array_position(new.holidays, null) is not null then
        bad := 'a holiday is empty; expected a day such as 2026-12-25';
    end if;
    if bad is null then
        select format('holiday ''%s'' is no day a node can hold; expected one of the years 1970 to 9998', h.d) into bad
        from unnest(new.holidays) with ordinality as h (d, n) where not (h.d between '1970-01-01' and '9998-12-31') order by h.n limit 1;
    end if;
    if bad is null and (jsonb_typeof(new.blackouts) <> 'array' or jsonb_array_length(new.blackouts) > 1000 or cardinality(new.holidays) > 10000) then
        bad := 'it has more than 1000 blackouts or 10000 holidays, or its blackouts are no list; expected a list of at most so many';
    end if;
    if bad is null and scheduler_private.is_deep(new.blackouts) then
        bad := 'its blackouts are nested more than 32 levels deep; expected at most 32';
    end if;
    if bad is null then
        select p.problem, p.meant into bad, meant
        from jsonb_array_elements(new.blackouts) with ordinality as b (entry, n), lateral scheduler_private.blackout_problem(b.entry, new.time_zone) p
        where p.problem is not null order by b.n limit 1;
    end if;
    if bad is not null and meant is null then
        raise exception 'calendar ''%'': %', new.name, bad using errcode = 'check_violation';
    elsif bad is not null then
        raise exception 'calendar ''%'': %', new.name, bad using errcode = 'check_violation', hint = format('did you mean ''%s''?', meant);
    end if;
    if tg_op = 'UPDATE' then
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    return new;
end $$;

CREATE FUNCTION scheduler_private.chain_from(first bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    link scheduler_private.job_chain_end;
    v scheduler_private.job_version;
begin
    select e.* into link from scheduler_private.job_chain_end e for update;
    for v in
        select j.* from scheduler_private.job_version j
        -- A look-up by key, not a join: a plan must not read the whole chain for one version.
        where j.id >= first and (select c.place from scheduler_private.job_chain c where c.version_id = j.id) is null
        order by j.id
    loop
        link.place := link.place + 1;
        link.hash := sha256(link.hash || convert_to(scheduler_private.version_text(v), 'UTF8'));
        insert into scheduler_private.job_chain (place, version_id, hash) values (link.place, v.id, link.hash);
    end loop;
    update scheduler_private.job_chain_end set place = link.place, hash = link.hash;
end $$;

CREATE FUNCTION scheduler_private.chain_problem() RETURNS text
    LANGUAGE plpgsql STABLE
    SET jit TO 'off'
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO'
    SET "IntervalStyle" TO 'postgres'
    AS $$
begin
    return (with links as (
        select c.place, c.version_id, c.hash, coalesce(lag(c.hash) over w, ''::bytea) as before, coalesce(lag(c.place) over w, 0) as place_before
        from scheduler_private.job_chain c window w as (order by c.place)
    ),
    broken as (
        select l.place, case
            when l.place <> l.place_before + 1 then format('link %s of the chain of versions is missing', l.place_before + 1)
            when v.id is null then format('link %s of the chain of versions: the version it stands for is missing', l.place)
            else format('link %s of the chain of versions does not fit: version %s of job ''%s'' was changed, or a link before it',
                l.place, v.version, v.job)
            end as problem
        from links l left join scheduler_private.job_version v on v.id = l.version_id
        where l.place <> l.place_before + 1 or v.id is null
            or l.hash <> sha256(l.before || convert_to(scheduler_private.version_text(v), 'UTF8'))
    )
    select coalesce(
        (select b.problem from broken b order by b.place limit 1),
        (select format('the chain of versions ends at link %s; expected link %s', coalesce(max(c.place), 0), e.place)
         from scheduler_private.job_chain_end e left join scheduler_private.job_chain c on true
         group by e.place, e.hash having coalesce(max(c.place), 0) <> e.place
             or coalesce((select l.hash from scheduler_private.job_chain l where l.place = e.place), ''::bytea) <> e.hash),
        (select format('version %s of job ''%s'' is not in the chain of versions', v.version, v.job)
         from scheduler_private.job_version v where not exists (select from scheduler_private.job_chain c where c.version_id = v.id)
         order by v.id limit 1),
        (select format('job ''%s'' is not what its version %s says: it was changed with its triggers switched off', j.name, j.version)
         from scheduler.job j left join scheduler_private.job_version v on v.job = j.name and v.version = j.version
             cross join lateral (select to_jsonb(j) as present offset 0) p
         where v.id is null or exists (select from jsonb_each(v.definition) d where d.value is distinct from p.present -> d.key)
         order by j.name limit 1)));
end $$;

CREATE FUNCTION scheduler_private.chain_versions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    -- The first row of the transaction brings all of them; those of others that are not chained yet are not to be seen yet.
    if not exists (select from scheduler_private.job_chain c where c.version_id = new.id) then
        perform scheduler_private.chain_from(new.id);
    end if;
    return null;
end $$;

CREATE FUNCTION scheduler_private.change_gates() RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    lock table scheduler_private.gate_lock in row exclusive mode;
end $$;

CREATE FUNCTION scheduler_private.channel_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    bad text;
    meant text;
begin
    if tg_op = 'DELETE' then
        bad := (select string_agg(quote_literal(j.name), ', ') from
                (select j.name from scheduler.job j where j.notify -> 'to' ? old.name order by j.name limit 5) j);
        if bad is not null then
            raise exception 'channel % is used by the jobs %', quote_literal(old.name), bad using errcode = 'foreign_key_violation',
                hint = format('first change their notify; or: update scheduler.channel set enabled = false where name = %L', old.name);
        end if;
        update scheduler_private.notification n
        set state = 'failed', ended_at = clock_timestamp(), error = 'the channel was deleted'
        where n.channel = old.name and n.state = 'waiting';
        return old;
    end if;
    if tg_op = 'UPDATE' and new.name <> old.name then
        raise exception 'channel %: name is changed to %; expected it to stay', quote_literal(old.name), quote_literal(new.name)
            using errcode = 'check_violation';
    end if;
    if scheduler_private.is_deep(new.settings) then
        raise exception 'channel %: settings is nested more than 32 levels deep; expected at most 32', quote_literal(new.name)
            using errcode = 'check_violation';
    end if;
    if scheduler_private.channel_schema(new.kind) is not null then     -- else its own constraint refuses the kind
        select string_agg(p.problem, '; '), min(p.meant) into bad, meant
        from (select * from scheduler_private.json_problems(new.settings, scheduler_private.channel_schema(new.kind), 'settings') limit 20) p;
        if bad is not null then
            raise exception 'channel %: %', quote_literal(new.name), bad using errcode = 'check_violation',
                hint = coalesce('did you mean ' || quote_literal(meant) || '?', 'docs/notifications.md lists the settings of each kind');
        end if;
    end if;
    if new.enabled is false and tg_op = 'UPDATE' and old.enabled then
        delete from scheduler_private.alert a where a.channel = new.name;
    end if;
    if tg_op = 'UPDATE' then
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    new.updated_by := session_user;
    return new;
end $$;

CREATE FUNCTION scheduler_private.channel_schema(kind text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    select jsonb_build_object('type', 'object', 'additionalProperties', false) || case kind
        when 'webhook' then '{
              "required": ["url"],
              "properties": {
                "url": {"type": "string", "pattern": "^(https?://|\\$\\{secret:)", "maxLength": 2000, "expected": "an http or https URL"},
                "secret": {"type": "string", "pattern": "^\\$\\{secret:[A-Za-z0-9_-][A-Za-z0-9_.-]*\\}$", "expected": "a secret by reference, ${secret:NAME}"},
                "headers": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 2000}}
              }
            }'::jsonb
        when 'slack' then '{
              "required": ["url"],
              "properties": {
                "url": {"type": "string", "pattern": "^(https?://(?!hooks\\.slack\\.com)|\\$\\{secret:)", "maxLength": 2000,
                        "expected": "an http or https URL; Slack''s own are secrets: ${secret:NAME}"}
              }
            }'::jsonb
        when 'pagerduty' then '{
              "required": ["routing_key"],
              "properties": {
                "routing_key": {"type": "string", "pattern": "^\\$\\{secret:[A-Za-z0-9_-][A-Za-z0-9_.-]*\\}$",
                                "expected": "a secret by reference, ${secret:NAME}"},
                "url": {"type": "string", "pattern": "^https?://", "maxLength": 2000, "expected": "an http or https URL"}
              }
            }'::jsonb
        when 'email' then '{
              "required": ["to"],
              "properties": {
                "to": {"type": "array", "minItems": 1, "maxItems": 50,
                       "items": {"type": "string", "pattern": "^[^@\\s<>,;]+@[^@\\s<>,;]+$", "maxLength": 254, "expected": "a mail address"}},
                "subject_prefix": {"type": "string", "pattern": "^[^\\r\\n]*$", "maxLength": 100, "expected": "one line"}
              }
            }'::jsonb
        when 'ping' then '{
              "required": ["url"],
              "properties": {
                "url": {"type": "string", "pattern": "^(https?://|\\$\\{secret:)", "maxLength": 2000,
                        "expected": "an http or https URL, in which {job} stands for the job''s name"},
                "heartbeat": {"type": "string", "duration": {"shortest": 1, "longest": 86400, "expected": "1s to 24h"},
                              "expected": "a duration such as 1m"}
              }
            }'::jsonb
    end
$_$;

CREATE FUNCTION scheduler_private.channels_of(job text) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce((select array(select jsonb_array_elements_text(j.notify -> 'to')) from scheduler.job j
                     where j.name = channels_of.job and jsonb_typeof(j.notify -> 'to') = 'array'), '{}')
$$;

CREATE TABLE scheduler.job (
    name text NOT NULL,
    kind text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    owner text DEFAULT ''::text NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    schedule text DEFAULT 'manual'::text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    guard jsonb DEFAULT '{}'::jsonb NOT NULL,
    timeout interval DEFAULT '01:00:00'::interval NOT NULL,
    retry jsonb DEFAULT '{}'::jsonb NOT NULL,
    overlap text DEFAULT 'skip'::text NOT NULL,
    missed text DEFAULT 'once'::text NOT NULL,
    start_within interval,
    on_lost text NOT NULL,
    runs_on text[] DEFAULT '{}'::text[] NOT NULL,
    priority smallint DEFAULT 5 NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    paused_at timestamp with time zone,
    paused_by text,
    pause_reason text,
    source text DEFAULT 'sql'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    problem text,
    next_fire_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    calendar text,
    starts timestamp with time zone,
    ends timestamp with time zone,
    spread interval,
    params jsonb DEFAULT '{}'::jsonb NOT NULL,
    concurrency jsonb DEFAULT '{}'::jsonb NOT NULL,
    expect jsonb DEFAULT '{}'::jsonb NOT NULL,
    notify jsonb DEFAULT '{}'::jsonb NOT NULL,
    for_each jsonb,
    made_by text,
    paused_until timestamp with time zone,
    count integer,
    CONSTRAINT job_missed_is_known CHECK ((missed = ANY (ARRAY['once'::text, 'skip'::text, 'all'::text]))),
    CONSTRAINT job_name_is_plain CHECK (((name ~ '^[a-z0-9._/-]{1,200}$'::text) OR ((for_each IS NOT NULL) AND (name ~ '^[a-z0-9._/{}-]{1,200}$'::text)))),
    CONSTRAINT job_on_lost_is_known CHECK ((on_lost = ANY (ARRAY['rerun'::text, 'fail'::text]))),
    CONSTRAINT job_overlap_is_known CHECK ((overlap = ANY (ARRAY['skip'::text, 'queue'::text, 'cancel'::text, 'allow'::text]))),
    CONSTRAINT job_priority_is_in_range CHECK (((priority >= 0) AND (priority <= 9))),
    CONSTRAINT job_start_within_is_positive CHECK ((start_within > '00:00:00'::interval)),
    CONSTRAINT job_timeout_is_positive CHECK ((timeout > '00:00:00'::interval))
);

COMMENT ON TABLE scheduler.job IS 'Declared jobs, one row each; editable.';

CREATE FUNCTION scheduler_private.check_calendar(job scheduler.job) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
declare
    calendars text[];
begin
    if to_regclass('scheduler.calendar') is null then
        return;
    end if;
    execute 'select array(select c.name from scheduler.calendar c order by c.name)' into calendars;
    if not (job.calendar = any (calendars)) then
        perform scheduler_private.refuse(job.name, 'calendar', format('calendar %s does not exist; expected one of scheduler.calendar',
            scheduler_private.shown(to_jsonb(job.calendar))), scheduler_private.nearest(job.calendar, calendars));
    end if;
end $$;

CREATE FUNCTION scheduler_private.check_json(job text, name text, content jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
declare
    bytes_max constant integer := 65536;
    found_problems text;
    found_meant text;
begin
    if content = '{}' or (content is null and name = 'for_each') then
        return;
    elsif jsonb_typeof(content) is distinct from 'object' then
        perform scheduler_private.refuse(job, name,
            format('%s is %s; expected a map of keys to values', name, coalesce(scheduler_private.shown(content), 'empty')));
    elsif octet_length(content::text) > bytes_max then
        perform scheduler_private.refuse(job, name, format('%s has %s bytes; expected at most %s', name, octet_length(content::text), bytes_max));
    elsif scheduler_private.is_deep(content) then
        perform scheduler_private.refuse(job, name, format('%s is nested more than 32 levels deep; expected at most 32', name));
    end if;
    if name <> 'params' then
        select string_agg(p.problem, '; '), min(p.meant) filter (where p.n = 1) into found_problems, found_meant
        from (select p.problem, p.meant, row_number() over () as n
              from scheduler_private.json_problems(content, scheduler_private.column_schema(check_json.name), check_json.name) p limit 20) p;
        if found_problems is not null then
            perform scheduler_private.refuse(job, name, found_problems, found_meant);
        end if;
    end if;
end $$;

CREATE FUNCTION scheduler_private.check_links(edited text[], removed text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    jobs_max constant integer := 1000;     -- a longer way round is not spelt out
    follower record;
    circle text[];
begin
    if cardinality(removed) = 0 and not exists (select from scheduler.job j where j.name = any (edited) and j.schedule ~ '(^|;)\s*after\s') then
        return;
    end if;
    -- Two edits that each look right must not make a circle together.
    perform pg_advisory_xact_lock(hashtext('scheduler.links'));
    for follower in
        select j.name, f.job as wanted from scheduler.job j, lateral scheduler_private.followed_jobs(j.schedule) f (job)
        where j.name = any (edited) and j.schedule ~ '(^|;)\s*after\s' and j.for_each is null
            and not exists (select from scheduler.job o where o.name = f.job)
        order by j.name limit 1
    loop
        perform scheduler_private.refuse(follower.name, 'schedule', format('schedule runs after job %s, which does not exist',
            scheduler_private.shown(to_jsonb(follower.wanted))),
            (select replace(j.schedule, follower.wanted, near.name)
             from scheduler.job j, lateral (select scheduler_private.nearest(follower.wanted, array(select o.name from scheduler.job o
                 where o.name <> follower.name order by o.name)) as name) near where j.name = follower.name and near.name is not null));
    end loop;
    for follower in
        select j.name from scheduler.job j where j.name = any (edited) and j.schedule ~ '(^|;)\s*after\s' and j.for_each is null order by j.name
    loop
        with recursive reached as (
            select f.job from scheduler.job j, lateral scheduler_private.followed_jobs(j.schedule) f (job) where j.name = follower.name
            union
            select f.job from reached r join scheduler.job j on j.name = r.job, lateral scheduler_private.followed_jobs(j.schedule) f (job)
        )
        select array[follower.name, follower.name] into circle where follower.name in (select r.job from reached r);
        continue when circle is null;
        with recursive chain as (
            select f.job, array[follower.name, f.job] as way from scheduler.job j, lateral scheduler_private.followed_jobs(j.schedule) f (job)
            where j.name = follower.name
            union all
            select f.job, c.way || f.job
            from chain c join scheduler.job j on j.name = c.job, lateral scheduler_private.followed_jobs(j.schedule) f (job)
            where c.job <> follower.name and cardinality(c.way) < jobs_max and not (f.job = any (c.way[2:]))
        )
        select c.way into circle from chain c where c.job = follower.name limit 1;
        perform scheduler_private.refuse(follower.name, 'schedule', format('schedule runs after itself: %s; expected a chain that ends',
            array_to_string(circle, ' after ')));
    end loop;
    for follower in
        select j.name, f.job as wanted from scheduler.job j, lateral scheduler_private.followed_jobs(j.schedule) f (job)
        where cardinality(removed) > 0 and j.schedule ~ '(^|;)\s*after\s' and f.job = any (removed)
            and not exists (select from scheduler.job o where o.name = f.job)
        order by j.name limit 1
    loop
        perform scheduler_private.refuse(follower.wanted, 'name',
            format('job %s runs after it; expected its schedule changed, or both deleted, in one statement',
            scheduler_private.shown(to_jsonb(follower.name))));
    end loop;
end $$;

CREATE FUNCTION scheduler_private.check_notify(job scheduler.job) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
declare
    channels text[];
    unknown text;
begin
    if jsonb_typeof(job.notify -> 'to') is distinct from 'array' then
        return;
    end if;
    channels := array(select c.name from scheduler.channel c order by c.name);
    select t into unknown from jsonb_array_elements_text(job.notify -> 'to') t where t <> all (channels) limit 1;
    if found then
        perform scheduler_private.refuse(job.name, 'notify', format('notify.to names the channel %s, which does not exist; expected %s',
            scheduler_private.shown(to_jsonb(unknown)),
            case when cardinality(channels) = 0 then 'one of scheduler.channel, which is empty: insert it there first'
                 else 'one of ' || array_to_string(channels[1:20], ', ') end),
            scheduler_private.nearest(unknown, channels));
    end if;
end $$;

CREATE FUNCTION scheduler_private.check_params(job text, declared jsonb, given jsonb) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
declare
    names constant text[] := array(select k from jsonb_object_keys(declared) k order by k);
    entry record;
    wanted text;
    near text;
begin
    if scheduler_private.is_deep(given) then
        raise exception 'params of job % are nested more than 32 levels deep; expected at most 32', quote_literal(check_params.job)
            using errcode = 'invalid_parameter_value';
    end if;
    for entry in select e.key, e.value, declared -> e.key as own from jsonb_each(given) e order by e.key loop
        if entry.own is null then
            near := scheduler_private.nearest(entry.key, names);
            raise exception 'job % has no param %; expected %', quote_literal(check_params.job), quote_literal(left(entry.key, 200)),
                case when cardinality(names) = 0 then 'none' else 'one of ' || array_to_string(names, ', ') end
                using errcode = 'invalid_parameter_value',
                      hint = coalesce('did you mean ' || quote_literal(near) || '?', 'declare it in the column params of scheduler.job');
        end if;
        wanted := case jsonb_typeof(entry.own) when 'string' then 'text, e.g. "2026-11-21"' when 'boolean' then 'true or false'
            when 'number' then case when scale((entry.own #>> '{}')::numeric) = 0 then 'a whole number' else 'a number' end
            when 'array' then 'a list' when 'object' then 'a map of keys to values' end;
        -- One after the other: what is no number has no scale.
        if (case when jsonb_typeof(entry.own) = 'null' then false
                when jsonb_typeof(entry.own) <> jsonb_typeof(entry.value) then true
                when wanted = 'a whole number' then scale((entry.value #>> '{}')::numeric) > 0
                else false end) then
            raise exception 'param % of job % is %; expected %', quote_literal(entry.key), quote_literal(check_params.job),
                scheduler_private.shown(entry.value), wanted using errcode = 'invalid_parameter_value';
        end if;
    end loop;
end $$;

CREATE FUNCTION scheduler_private.check_plain(job scheduler.job) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
declare
    words_max constant integer := 50;
    word_max constant integer := 100;
    text_max constant integer := 10000;
    count_max constant integer := 10000;
    place text;
    word text;
    words text[];
    length interval;
    at timestamptz;
    longest interval;
begin
    -- What most jobs have, in one look: thousands may come in one statement.
    if job.overlap in ('skip', 'queue', 'cancel', 'allow') and job.missed in ('once', 'skip', 'all') and job.on_lost in ('rerun', 'fail')
        and job.timeout between interval '1 second' and interval '1 day' and job.start_within is null and job.spread is null
        and job.tags = '{}' and job.runs_on = '{}' and length(job.description) <= text_max and length(job.owner) <= text_max
        and job.pause_reason is null and job.priority between 0 and 9 and job.starts is null and job.ends is null and job.paused_until is null
        and job.count is null then
        return;
    end if;
    foreach place in array '{overlap,missed,on_lost}'::text[] loop
        word := case place when 'overlap' then job.overlap when 'missed' then job.missed else job.on_lost end;
        words := case place when 'overlap' then '{skip,queue,cancel,allow}' when 'missed' then '{once,skip,all}' else '{rerun,fail}' end;
        if not coalesce(word = any (words), false) then
            perform scheduler_private.refuse(job.name, place, format('%s is %s; expected one of %s', place,
                coalesce(scheduler_private.shown(to_jsonb(word)), 'empty'), array_to_string(words, ', ')), scheduler_private.nearest(word, words));
        end if;
    end loop;
    foreach place in array '{timeout,start_within,spread}'::text[] loop
        length := case place when 'timeout' then job.timeout when 'start_within' then job.start_within else job.spread end;
        longest := case place when 'spread' then interval '1 day' else interval '365 days' end;
        if length is null and place = 'timeout' then
            perform scheduler_private.refuse(job.name, place, 'timeout is empty; expected 1s to 365d');
        elsif extract(year from length) <> 0 or extract(month from length) <> 0 then
            perform scheduler_private.refuse(job.name, place,
                format('%s is %s, and months differ in length; expected days, hours, minutes or seconds', place, length));
        elsif not (length between interval '1 second' and longest) then
            perform scheduler_private.refuse(job.name, place, format('%s is %s; expected 1s to %s', place, length,
                case place when 'spread' then '1d' else '365d' end));
        end if;
    end loop;
    foreach place in array '{tags,runs_on}'::text[] loop
        words := case place when 'tags' then job.tags else job.runs_on end;
        if words is null or array_ndims(words) > 1 then
            perform scheduler_private.refuse(job.name, place, format('%s is %s; expected a list, or ''{}''', place,
                case when words is null then 'empty' else 'a list of lists' end));
        elsif cardinality(words) > words_max then
            perform scheduler_private.refuse(job.name, place,
                format('%s has %s entries; expected at most %s', place, cardinality(words), words_max));
        elsif exists (select from unnest(words) w where w is null or length(w) not between 1 and word_max) then
            perform scheduler_private.refuse(job.name, place,
                format('%s has an entry that is empty or too long; expected 1 to %s characters', place, word_max));
        end if;
    end loop;
    foreach place in array '{description,owner,pause_reason}'::text[] loop
        word := case place when 'description' then job.description when 'owner' then job.owner else job.pause_reason end;
        if length(word) > text_max then
            perform scheduler_private.refuse(job.name, place,
                format('%s has %s characters; expected at most %s', place, length(word), text_max));
        elsif word is null and place <> 'pause_reason' then
            perform scheduler_private.refuse(job.name, place, format('%s is empty; expected text, or ''''', place));
        end if;
    end loop;
    if job.priority is null or job.priority not between 0 and 9 then
        perform scheduler_private.refuse(job.name, 'priority',
            format('priority is %s; expected 0 (last) to 9 (first)', coalesce(job.priority::text, 'empty')));
    end if;
    foreach place in array '{starts,ends,paused_until}'::text[] loop
        at := case place when 'starts' then job.starts when 'ends' then job.ends else job.paused_until end;
        if not isfinite(at) then
            perform scheduler_private.refuse(job.name, place, 'infinity is no instant; expected one, or null for no limit');
        elsif not scheduler_private.is_instant(at) then
            perform scheduler_private.refuse(job.name, place, format('%s is %s; expected an instant of the years 1970 to 9998, or null for no limit',
                place, at at time zone 'UTC'));
        end if;
    end loop;
    if job.count not between 1 and count_max then
        perform scheduler_private.refuse(job.name, 'count', format('count is %s; expected 1 to %s, or null for no limit', job.count, count_max));
    elsif job.count is not null and job.starts is null then
        perform scheduler_private.refuse(job.name, 'count',
            format('count is %s and counts from starts, which is empty; expected starts beside it', job.count));
    elsif job.starts >= job.ends then
        perform scheduler_private.refuse(job.name, 'ends', format('ends is %s, not after starts %s; expected a later instant',
            to_char(job.ends at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(job.starts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
    end if;
end $$;

CREATE FUNCTION scheduler_private.check_settings(job scheduler.job) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
declare
    bytes_max constant integer := 1048576;
    kinds text[];
    known scheduler_private.kind;
    found_problems text;
    found_meant text;
begin
    if job.kind is null then
        perform scheduler_private.refuse(job.name, 'kind', 'kind is empty; expected one');
    elsif jsonb_typeof(job.settings) is distinct from 'object' then
        perform scheduler_private.refuse(job.name, 'settings',
            format('settings is %s; expected a map of keys to values', coalesce(scheduler_private.shown(job.settings), 'empty')));
    elsif octet_length(job.settings::text) > bytes_max then
        perform scheduler_private.refuse(job.name, 'settings',
            format('settings has %s bytes; expected at most %s', octet_length(job.settings::text), bytes_max));
    elsif scheduler_private.is_deep(job.settings) then
        perform scheduler_private.refuse(job.name, 'settings', 'settings is nested more than 32 levels deep; expected at most 32');
    end if;
    select k.* into known from scheduler_private.kind k where k.name = job.kind;
    if not found then
        kinds := array(select k.name from scheduler_private.kind k order by k.name);
        if cardinality(kinds) > 0 then
            perform scheduler_private.refuse(job.name, 'kind', format('kind is %s, which no node knows; expected one of %s',
                scheduler_private.shown(to_jsonb(job.kind)), array_to_string(kinds, ', ')), scheduler_private.nearest(job.kind, kinds));
        end if;
        return;
    end if;
    if job.for_each is null then
        select string_agg(p.problem, '; '), min(p.meant) filter (where p.n = 1) into found_problems, found_meant
        from (select p.problem, p.meant, row_number() over () as n
              from scheduler_private.json_problems(job.settings, known.schema, 'settings') p limit 20) p;
        if found_problems is not null then
            perform scheduler_private.refuse(job.name, 'settings', found_problems, found_meant);
        end if;
    end if;
end $$;

CREATE FUNCTION scheduler_private.check_values(job scheduler.job) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $_$
declare
    names text[];
    named text;
    given record;
    kind text;
begin
    -- Most jobs name neither. A doubled dollar sign before the brace makes it plain text.
    if job.settings::text ~ '(?<!\$)\$\{params\.' then
        names := array(select k from jsonb_object_keys(job.params) k order by k);
        select m[1] into named from regexp_matches(job.settings::text, '(?<!\$)\$\{params\.([^}]*)\}', 'g') m where m[1] <> all (names) limit 1;
        if found then
            perform scheduler_private.refuse(job.name, 'settings', format('settings name ${params.%s}; expected %s', left(named, 200),
                case when cardinality(names) = 0 then 'a job with params' else 'one of the job''s params ' || array_to_string(names, ', ') end),
                scheduler_private.nearest(named, names));
        end if;
    end if;
    -- Params of parts: '0 2 * * * with mode=full'.
    if job.schedule ~ '\swith\s.*=' then
        names := array(select k from jsonb_object_keys(job.params) k order by k);
        for given in
            select split_part(pair, '=', 1) as name, substr(pair, position('=' in pair) + 1) as value
            from unnest(scheduler_private.schedule_parts(job.schedule)) part
            cross join lateral regexp_match(regexp_replace(part, '[ \t\n\r]+', ' ', 'g'),
                scheduler_private.schedule_grammar() #>> '{events,with_pattern}') m
            cross join lateral unnest(string_to_array(m[2], ' ')) pair
        loop
            kind := jsonb_typeof(job.params -> given.name);
            if kind is null then
                perform scheduler_private.refuse(job.name, 'schedule', format('schedule gives the param %s, which the job does not have; expected %s',
                    scheduler_private.shown(to_jsonb(given.name)), case when cardinality(names) = 0 then 'none'
                        else 'one of ' || array_to_string(names, ', ') end));
            elsif kind in ('array', 'object') then
                perform scheduler_private.refuse(job.name, 'schedule',
                    format('schedule gives the param %s, which is a list or a map; expected text, a number, or true or false',
                        scheduler_private.shown(to_jsonb(given.name))));
            elsif (kind = 'boolean' and given.value not in ('true', 'false'))
                or (kind = 'number' and given.value !~ case when (job.params ->> given.name) ~ '[.eE]'
                    then '^-?(?:0|[1-9][0-9]{0,17})(?:[.][0-9]{1,17})?$' else '^(?:0|-?[1-9][0-9]{0,17})$' end) then
                perform scheduler_private.refuse(job.name, 'schedule', format('schedule gives the param %s as %s; expected %s',
                    scheduler_private.shown(to_jsonb(given.name)), scheduler_private.shown(to_jsonb(given.value)),
                    case when kind = 'boolean' then 'true or false' when (job.params ->> given.name) ~ '[.eE]' then 'a number'
                        else 'a whole number' end));
            end if;
        end loop;
    end if;
    if job.settings::text ~ '(?<!\$)\$\{parent\.' and coalesce(job.schedule, '') !~* '(^|;)\s*after\s' then
        perform scheduler_private.refuse(job.name, 'settings', 'settings name ${parent.…}, but the job follows none; expected a schedule ''after JOB''');
    end if;
end $_$;

CREATE FUNCTION scheduler_private.child_guard() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    free text[] := array['next_fire_at', 'problem', 'version', 'updated_at', 'paused_at', 'paused_by', 'pause_reason', 'paused_until'];
    made_by text := case when tg_op = 'INSERT' then new.made_by else coalesce(old.made_by, case when tg_op = 'UPDATE' then new.made_by end) end;
begin
    -- Nodes say that it is them; nobody gains a right by saying so.
    if made_by is not null and current_setting('scheduler.for_each', true) is distinct from made_by
        and (tg_op <> 'UPDATE' or to_jsonb(new) - free is distinct from to_jsonb(old) - free) then
        raise exception 'job % is made from a row by %', quote_literal(case when tg_op = 'INSERT' then new.name else old.name end), quote_literal(made_by)
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'change the row, or the job ' || quote_literal(made_by) || ': its children follow';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;

CREATE FUNCTION scheduler_private.claim(free integer, node text, lease bigint, labels text[]) RETURNS TABLE(run_key text, job text, due_at timestamp with time zone, token bigint, attempts integer, version integer, params text)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
    groups text[];
    place record;
    -- Before the statement that decides.
    gates_kept constant boolean := scheduler_private.keep_gates();
begin
    -- One look at an empty index where no job is in a group.
    if exists (select from scheduler_private.job_gate g where g.concurrency_group is not null) then
        -- Found one after the other, each by its key: however many runs wait.
        with recursive waiting (name) as (
            (select min(r.concurrency_group) from scheduler_private.run r where r.concurrency_group is not null and r.state = 'queued')
            union all
            select (select min(r.concurrency_group) from scheduler_private.run r where r.concurrency_group > w.name and r.state = 'queued')
            from waiting w where w.name is not null
        )
        select array_agg(w.name order by w.name) into groups from waiting w where w.name is not null;
        -- By the lock's own number: two names may share one.
        for place in select distinct hashtext(g.name) as number from unnest(coalesce(groups, '{}')) g (name) order by 1 loop
            perform pg_advisory_xact_lock(hashtext('scheduler.group'), place.number);
        end loop;
    end if;
    return query
    with room as materialized (
        select g.name, greatest(0, coalesce(scheduler_private.group_limit(g.name), free)
            - (select count(*) from scheduler_private.run r where r.concurrency_group = g.name and r.state = 'running'))::integer as places
        from unnest(groups) g (name)
    ),
    -- Of each group as many as have room, so that those that have none hide nobody behind them.
    admitted as materialized (
        select a.due_at, a.run_key
        from room m cross join lateral (
            select r.due_at, r.run_key
            from scheduler_private.run r left join scheduler_private.job_gate s on s.job = r.job
            where r.concurrency_group = m.name and r.state = 'queued' and r.runs_on <@ labels and coalesce(r.only_node = claim.node, true) and r.due_at <= clock_timestamp()
                and (s.overlap is distinct from 'queue' or s.active_key is null or s.active_key = r.run_key)
                and (r.requested_by is not null or s.paused is not true or s.paused_until <= clock_timestamp())
            order by r.priority desc, r.due_at limit m.places) a
    ),
    candidate as materialized (
        select q.due_at, q.run_key, q.job, q.told, g.overlap, g.active_key, g.job is null as gone
        from (
            -- By the snapshot's gates first: what cannot begin anyhow is not locked. The order is kept by the loop that follows.
            -- What is part of a run was decided with it.
            select r.due_at, r.run_key, r.job, r.requested_by is not null as by_hand,
                (gates_kept and s.overlap = 'allow') or r.part_of is not null as known,
                -- Somebody wants to be told that it begins (notify_mask.sql).
                s.notify & 256 <> 0 as told
            from scheduler_private.run r left join scheduler_private.job_gate s on s.job = r.job
            where r.state = 'queued' and r.runs_on <@ labels and coalesce(r.only_node = claim.node, true) and r.due_at <= clock_timestamp()
                and exists (select from scheduler_private.node n
                            where n.lease_id = lease and n.lease_until > clock_timestamp() and n.state <> 'stopped')
                and (s.overlap is distinct from 'queue' or s.active_key is null or s.active_key = r.run_key or r.part_of is not null)
                and (r.requested_by is not null or r.part_of is not null or s.paused is not true or s.paused_until <= clock_timestamp())
                and (r.concurrency_group is null or (r.due_at, r.run_key) in (select a.due_at, a.run_key from admitted a)
                    -- A group that every job has left since limits nothing.
                    or not exists (select from scheduler_private.job_gate l where l.concurrency_group = r.concurrency_group))
            order by r.priority desc, r.due_at
            for update of r skip locked
        ) q
        -- The lock keeps a run from beginning after the commit of a pause, and turns in order; what it returns is the newest committed gate. Where
        -- runs may overlap the snapshot's gate is the newest already.
        left join lateral (
            select q.job, 'allow' as overlap, null as active_key, false as paused where q.known
            union all
            select * from (
                select g.job, g.overlap, g.active_key, g.paused and coalesce(g.paused_until > clock_timestamp(), true) as paused
                from scheduler_private.job_gate g where g.job = q.job and not coalesce(q.known, false) for no key update skip locked) locked
        ) g on true
        where case
            when g.job is null then not exists (select from scheduler_private.job_gate x where x.job = q.job)
            else (q.by_hand or not g.paused) and (g.overlap <> 'queue' or g.active_key is null or g.active_key = q.run_key)
        end
        limit free
    ),
    ranked as materialized (
        select c.*, row_number() over (partition by c.job order by c.due_at, c.run_key) as turn from candidate c
    ),
    taken as materialized (
        select r.* from ranked r where r.gone or r.overlap <> 'queue' or r.active_key = r.run_key or (r.active_key is null and r.turn = 1)
    ),
    held as (
        update scheduler_private.job_gate g set active_key = t.run_key
        from taken t where g.job = t.job and t.overlap = 'queue'
    ),
    begun as (
        update scheduler_private.run r
        set state = 'running', node = claim.node, owner = lease, token = r.token + 1, attempts = r.attempts + 1, started_at = clock_timestamp(),
            progress = null
        from taken t
        where r.due_at = t.due_at and r.run_key = t.run_key
        returning r.run_key, r.job, r.due_at, r.token, r.attempts, r.version, r.params::text, t.told
    ),
    noted as (
        insert into scheduler_private.outbox (event, job, run_key, due_at, channels)
        select 'start', b.job, b.run_key, b.due_at, scheduler_private.channels_of(b.job) from begun b where b.told
        returning pg_notify('scheduler_outbox', '')
    )
    select b.run_key, b.job, b.due_at, b.token, b.attempts, b.version, b.params from begun b;
end $$;

CREATE FUNCTION scheduler_private.column_schema(name text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    select case name
        when 'guard' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [],
              "properties": {
                "max_rows": {
                  "type": [
                    "integer",
                    "null"
                  ],
                  "minimum": 1
                },
                "max_fraction": {
                  "type": [
                    "number",
                    "null"
                  ],
                  "exclusiveMinimum": 0,
                  "maximum": 1
                },
                "band": {
                  "type": [
                    "number",
                    "null"
                  ],
                  "minimum": 0,
                  "maximum": 1000000000
                },
                "dry_run": {
                  "type": [
                    "boolean",
                    "null"
                  ]
                }
              }
            }'::jsonb
        when 'retry' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [],
              "properties": {
                "attempts": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 20
                },
                "delay": {
                  "type": "string",
                  "duration": {
                    "shortest": 0,
                    "longest": 86400,
                    "expected": "0s to 1d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "backoff": {
                  "type": "string",
                  "expected": "one of exponential, constant",
                  "enum": [
                    "exponential",
                    "constant"
                  ]
                },
                "max_delay": {
                  "type": "string",
                  "duration": {
                    "shortest": 0,
                    "longest": 86400,
                    "expected": "0s to 1d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                }
              }
            }'::jsonb
        when 'concurrency' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [
                "group",
                "limit"
              ],
              "properties": {
                "group": {
                  "type": "string",
                  "pattern": "^(?:[a-z0-9._/-]{1,200})$"
                },
                "limit": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 1000
                }
              }
            }'::jsonb
        when 'expect' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [],
              "properties": {
                "success_within": {
                  "type": [
                    "string",
                    "null"
                  ],
                  "duration": {
                    "shortest": 1,
                    "longest": 31536000,
                    "expected": "1s to 365d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "start_within": {
                  "type": [
                    "string",
                    "null"
                  ],
                  "duration": {
                    "shortest": 1,
                    "longest": 31536000,
                    "expected": "1s to 365d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "duration_below": {
                  "type": [
                    "string",
                    "null"
                  ],
                  "duration": {
                    "shortest": 1,
                    "longest": 31536000,
                    "expected": "1s to 365d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                }
              }
            }'::jsonb
        when 'notify' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [
                "on",
                "to"
              ],
              "properties": {
                "on": {
                  "type": "array",
                  "items": {
                    "type": "string",
                    "expected": "one of failure, recovery, success, missed, skip, lost, guard, incident, start",
                    "enum": [
                      "failure",
                      "recovery",
                      "success",
                      "missed",
                      "skip",
                      "lost",
                      "guard",
                      "incident",
                      "start"
                    ]
                  },
                  "minItems": 1,
                  "maxItems": 20
                },
                "to": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  },
                  "minItems": 1,
                  "maxItems": 20
                }
              }
            }'::jsonb
        when 'for_each' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [
                "relation"
              ],
              "properties": {
                "relation": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 130
                },
                "where": {
                  "type": [
                    "string",
                    "null"
                  ],
                  "minLength": 1,
                  "maxLength": 1000
                }
              }
            }'::jsonb
    end
$_$;

CREATE FUNCTION scheduler_private.compose(channel text, hush boolean DEFAULT false) RETURNS integer
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_variable
declare
    flips_max constant integer := 6;
    calm_after constant interval := interval '10 minutes';
    -- Of a message; the rest is a number in it.
    listed_max constant integer := 20;
    -- Of one round: the rest goes with the next.
    rows_max constant integer := 20000;
    singles_max constant integer := 10;
    pings_max constant integer := 100;
    give_up_after constant interval := interval '24 hours';
    at constant timestamptz := clock_timestamp();
    c scheduler.channel;
    turn scheduler_private.channel_turn;
    keys text[];
    made integer := 0;
begin
    select * into c from scheduler.channel s where s.name = channel and s.enabled;
    if not found then
        return 0;
    end if;
    insert into scheduler_private.channel_turn (channel) values (c.name) on conflict do nothing;
    -- Whoever has the channel's turn composes; another node finds it taken and goes on.
    select * into turn from scheduler_private.channel_turn t where t.channel = c.name for update skip locked;
    if not found then
        return 0;
    end if;
    made := scheduler_private.compose_heartbeat(c, turn.heartbeat_at);
    delete from scheduler_private.alert a
    where a.channel = c.name and not a.open and not a.told and a.pending_since is null and a.changed_at < at - calm_after;
    if turn.composed_at > at - c.group_interval
        or exists (select from scheduler_private.notification n
                   where n.channel = c.name and n.state = 'waiting' and n.what in ('alerts', 'digest')) then
        return made;
    end if;
    keys := array(
        select a.key from scheduler_private.alert a
        where a.channel = c.name and (not hush or a.severity = 'page') and case
            when a.pending_since is not null then not (a.flips >= flips_max and a.flap_told and a.changed_at > at - calm_after)
                -- It came and went before PagerDuty heard of it.
                and not (c.kind = 'pagerduty' and not a.open and not a.told and a.event in ('recovery', 'incident', 'success'))
            when c.kind in ('pagerduty', 'ping') then false
            else a.open and a.told and a.told_at < at - c.remind_every and not exists (
                select from scheduler_private.incident i where i.key = a.key and i.resolved_at is null and i.acked_at is not null) end
        order by a.changed_at, a.key limit case c.kind when 'ping' then pings_max else rows_max end);
    if not exists (select from scheduler_private.alert a where a.channel = c.name and a.key = any (keys)
                   and (a.pending_since <= at - c.group_wait or a.pending_since is null)) then
        return made;
    end if;
    if c.kind = 'pagerduty' then
        update scheduler_private.alert a set folded = true
        where a.channel = c.name and a.key in (
            select o.key from (select a.key, row_number() over (order by a.severity = 'page' desc, a.since, a.key) as place
                               from scheduler_private.alert a where a.channel = c.name and a.key = any (keys) and not a.told and not a.folded) o
            where o.place > singles_max);
        insert into scheduler_private.notification (channel, what, payload, expires_at)
        select c.name, 'alerts', scheduler_private.message(c, array[a.key], listed_max, flips_max), at + give_up_after
        from scheduler_private.alert a where a.channel = c.name and a.key = any (keys) and not a.folded order by a.changed_at, a.key;
        get diagnostics made = row_count;
        if exists (select from scheduler_private.alert a where a.channel = c.name and a.key = any (keys) and a.folded) then
            insert into scheduler_private.notification (channel, what, payload, expires_at)
            select c.name, 'digest', scheduler_private.message(c, array_agg(a.key), listed_max, flips_max)
                || jsonb_build_object('firing', count(*) filter (where a.open or a.event not in ('recovery', 'incident'))), at + give_up_after
            from scheduler_private.alert a where a.channel = c.name and a.folded;
            made := made + 1;
        end if;
    elsif c.kind = 'ping' then
        insert into scheduler_private.notification (channel, what, payload, expires_at)
        select c.name, 'alerts', scheduler_private.message(c, array[k.key], listed_max, flips_max), at + give_up_after
        from unnest(keys) with ordinality as k (key, n) order by k.n;
        made := made + cardinality(keys);
    else
        insert into scheduler_private.notification (channel, what, payload, expires_at)
        values (c.name, 'alerts', scheduler_private.message(c, keys, listed_max, flips_max), at + give_up_after);
        made := made + 1;
    end if;
    perform scheduler_private.note_told(c.name, keys, flips_max, calm_after);
    update scheduler_private.channel_turn t set composed_at = at where t.channel = c.name;
    return made;
end $$;

CREATE TABLE scheduler.channel (
    name text NOT NULL,
    kind text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    incidents boolean DEFAULT false NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    quiet text,
    group_wait interval DEFAULT '00:00:02'::interval NOT NULL,
    group_interval interval DEFAULT '00:01:00'::interval NOT NULL,
    remind_every interval DEFAULT '04:00:00'::interval,
    source text DEFAULT 'sql'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by text DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT channel_group_interval_is_short CHECK (((group_interval >= '00:00:00'::interval) AND (group_interval <= '1 day'::interval))),
    CONSTRAINT channel_group_wait_is_short CHECK (((group_wait >= '00:00:00'::interval) AND (group_wait <= '01:00:00'::interval))),
    CONSTRAINT channel_kind_is_known CHECK ((kind = ANY (ARRAY['webhook'::text, 'slack'::text, 'pagerduty'::text, 'email'::text, 'ping'::text]))),
    CONSTRAINT channel_name_is_plain CHECK ((name ~ '^[a-z0-9._/-]{1,200}$'::text)),
    CONSTRAINT channel_remind_every_is_long CHECK (((remind_every >= '00:01:00'::interval) AND (remind_every <= '31 days'::interval)))
);

COMMENT ON TABLE scheduler.channel IS 'Where notifications go, one row each; editable.';

CREATE FUNCTION scheduler_private.compose_heartbeat(c scheduler.channel, last_at timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
    every constant interval := scheduler_private.duration_seconds(c.settings ->> 'heartbeat') * interval '1 second';
begin
    if c.kind <> 'ping' or every is null or last_at > clock_timestamp() - every then
        return 0;
    end if;
    insert into scheduler_private.notification (channel, what, payload, expires_at)
    values (c.name, 'heartbeat', jsonb_build_object('channel', c.name, 'at', clock_timestamp(), 'nodes',
        (select count(*) from scheduler_private.node n where n.state = 'live' and n.lease_until > clock_timestamp())), clock_timestamp() + every);
    update scheduler_private.channel_turn t set heartbeat_at = clock_timestamp() where t.channel = c.name;
    return 1;
end $$;

CREATE FUNCTION scheduler_private.conditions_of_cluster(keep interval) RETURNS SETOF scheduler_private.found
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    AS $$
declare
    at constant timestamptz := clock_timestamp();
    -- A node that is killed leaves its lease behind; one that is only started again has it back within seconds.
    dead_after constant interval := interval '15 seconds';
    -- Gone for longer, it is one that was taken away for good.
    dead_until constant interval := interval '24 hours';
    nobody_after constant interval := interval '30 seconds';
    -- Less than half of what a node may be off before it stands by (node.clock_offset_max).
    skew_max constant interval := interval '200 milliseconds';
    backlog_after constant interval := interval '5 minutes';
    backlog_runs_min constant integer := 100;
    missed_within constant interval := interval '10 minutes';
    missed_max constant integer := 10;
    undelivered_after constant interval := interval '5 minutes';
    live integer := (select count(*) from scheduler_private.node n where n.state = 'live' and n.lease_until > at);
    dead integer := (select count(*) from scheduler_private.node n
                     where n.state <> 'stopped' and n.lease_until < at - dead_after and n.lease_until > at - dead_until);
begin
    -- One that has just started stands by until it is ready.
    if not exists (select from scheduler_private.node n where n.lease_until > at - nobody_after
                   and (n.state = 'live' or (n.state = 'standby' and n.started_at > at - nobody_after))) then
        return query select 'cluster:no_checkin', 'no_checkin', 'page', null::text, null::text, 'no node is live, nothing runs',
            format('%s nodes are known; start one with ''scheduler serve'', or see ''scheduler node list''', count(*)), null::text
        from scheduler_private.node n having count(*) > 0;
    end if;
    return query select 'node:' || n.name || ':down', 'node_down', case when dead > live then 'page' else 'warning' end, null::text, n.name,
        format('node %s is down', n.name), format('its lease ended at %s; it ran on %s as process %s; %s nodes live',
            to_char(n.lease_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), n.host, n.pid, live), null::text
    from scheduler_private.node n where n.state <> 'stopped' and n.lease_until < at - dead_after and n.lease_until > at - dead_until;
    return query select 'node:' || n.name || ':clock', 'clock_skew', case when n.state = 'standby' then 'page' else 'warning' end, null::text, n.name,
        format('the clock of node %s is off', n.name), format('by %s ms from the database''s%s',
            round(extract(epoch from n.clock_offset) * 1000), case when n.state = 'standby' then '; it stands by' else '' end), null::text
    from scheduler_private.node n
    where n.state in ('live', 'standby') and n.lease_until > at and (n.clock_offset > skew_max or n.clock_offset < -skew_max);
    -- One that has only just begun to say so may be over it a moment later.
    return query select 'node:' || n.name || ':not_ready', 'node_not_ready', 'warning', null::text, n.name,
        format('node %s takes work and is not ready', n.name), left(n.reason, 500), null::text
    from scheduler_private.node n where n.state = 'live' and n.lease_until > at and n.reason is not null and n.started_at < at - nobody_after;
    return query select 'cluster:backlog', 'backlog', 'warning', null::text, null::text, 'runs pile up',
        format('%s runs have waited for more than 5 minutes, the oldest since %s; %s nodes live', count(*),
            to_char(min(r.due_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), live), null::text
    from scheduler_private.run r left join scheduler_private.job_gate g on g.job = r.job
    where r.state = 'queued' and r.due_at < at - backlog_after
        and (g.paused is not true or g.paused_until <= at or r.requested_by is not null)
    having count(*) >= backlog_runs_min;
    return query select 'cluster:misfires', 'misfires', 'warning', null::text, null::text, 'many fires are missed',
        format('%s fires of %s jobs in the last 10 minutes', count(*), count(distinct r.job)), null::text
    from scheduler_private.run r where r.verdict = 'missed' and r.ended_at > at - missed_within having count(*) > missed_max;
    return query select 'cluster:history_sweep', 'history_sweep', 'warning', null::text, null::text, 'the ledger''s storage is not looked after',
        concat_ws('; ', case when s.coming < 2 then format('partitions exist for %s days to come, expected 7', s.coming) end,
            case when s.old > 0 then format('%s partitions are older than node.keep_runs and 3 days', s.old) end), null::text
    from (select count(*) filter (where p.from_at > at and p.from_at < 'infinity') as coming,
              count(*) filter (where p.until_at < at - keep - interval '3 days') as old from scheduler_private.run_partitions() p) s
    where s.coming < 2 or s.old > 0;
    return query select 'channel:' || n.channel || ':undelivered', 'undelivered', 'warning', null::text, null::text,
        format('messages do not reach channel %s', n.channel), format('%s; last error: %s', case when bool_or(n.state = 'failed')
            then 'one was given up' else 'tried again and again' end, left(max(n.error), 500)), null::text
    from scheduler_private.notification n join scheduler.channel c on c.name = n.channel
    where n.what in ('alerts', 'digest') and ((n.state = 'waiting' and n.attempts >= 3 and n.created_at < at - undelivered_after)
        or (n.state = 'failed' and n.ended_at > at - interval '1 hour')) and n.created_at > at - interval '2 days'
    group by n.channel;
end $$;

CREATE FUNCTION scheduler_private.conditions_of_copies() RETURNS SETOF scheduler_private.found
    LANGUAGE sql
    AS $$
    select 'job:' || s.name || ':stale', case s.kind when 'postgres.backup' then 'backup_stale' else 'upload_stale' end, 'page', s.name, null::text,
        format('the last %s of job %s is stale', case s.kind when 'postgres.backup' then 'backup' else 'upload' end, s.name),
        format('made %s; it is due every %s', coalesce('at ' || to_char(s.last_success_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'never'),
            s.period), null::text
    from (
        -- Ticks of 100 ns.
        select j.name, j.kind, g.last_success_at, j.created_at,
            max(t.next_fire_time - t.prev_fire_time) / 10000000 * interval '1 second' as period
        from scheduler.job j
        join scheduler_private.job_gate g on g.job = j.name
        join quartz.qrtz_triggers t on t.sched_name = 'scheduler' and t.job_name = j.name and t.job_group = 'jobs'
            and t.prev_fire_time > 0 and t.next_fire_time > t.prev_fire_time
        where j.kind in ('postgres.backup', 'snapshot.upload') and j.enabled and (j.paused_at is null or j.paused_until <= clock_timestamp())
            and not j.expect ? 'success_within'
        group by j.name, j.kind, g.last_success_at, j.created_at) s
    where coalesce(s.last_success_at, s.created_at) < clock_timestamp() - greatest(2 * s.period, interval '1 hour')
$$;

CREATE FUNCTION scheduler_private.conditions_of_jobs() RETURNS SETOF scheduler_private.found
    LANGUAGE plpgsql
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
declare
    at constant timestamptz := clock_timestamp();
    page_after_failures constant integer := 3;
    -- A fire is entered within a second of its due time.
    overdue_after constant interval := interval '1 minute';
    missed_for constant interval := interval '24 hours';
    late_after constant interval := interval '5 minutes';
    -- A run ends itself at its time-out; one that has not is stuck. So is one that takes three times as long as nearly all others, and long at that.
    stuck_after constant interval := interval '1 minute';
    usual_min constant interval := interval '10 minutes';
    usual_runs constant integer := 50;
    paused_for constant interval := interval '7 days';
    instant constant text := 'YYYY-MM-DD"T"HH24:MI:SS"Z"';
begin
    return query select 'job:' || g.job || ':failing', 'failing', case when g.failures_in_row >= page_after_failures then 'page' else 'warning' end,
        g.job, null::text, format('job %s is failing', g.job),
        format('%s; last run %s: %s', case g.failures_in_row when 1 then 'it failed last time' else 'it failed several times in a row' end,
            g.last_run_key, left(coalesce(r.error, r.reason, r.verdict), 500)), scheduler_private.error_cause(coalesce(r.error, r.reason))
    from scheduler_private.job_gate g
    left join scheduler_private.run r on r.due_at = g.last_due_at and r.run_key = g.last_run_key
    where g.failures_in_row > 0 and g.enabled;
    return query select 'job:' || a.job || ':guard', 'guard', 'page', a.job, null::text, format('the guard of job %s waits for approval', a.job),
        left(format('run %s: %s; see ''scheduler run approve''', a.run_key, a.error), 500), null::text
    from scheduler.awaiting_approval a join scheduler_private.job_gate g on g.job = a.job and g.enabled;
    return query select distinct on (m.job) 'job:' || m.job || ':missed', 'missed', 'page', m.job, null::text,
        format('job %s did not run when it was due', m.job), m.detail, null::text
    from (
        select r.job, 1 as place, format('fire %s: missed (%s)', max(r.run_key), max(r.reason)) as detail
        from scheduler_private.run r
        join scheduler_private.job_gate g on g.job = r.job and g.enabled and not g.paused and coalesce(g.last_due_at < r.due_at, true)
        where r.verdict = 'missed' and r.ended_at > at - missed_for and r.reason <> 'a later fire stands for it'
        group by r.job
        union all
        select t.job_name, 2, format('it was due at %s and has no verdict', to_char(scheduler_private.instant_of(t.next_fire_time) at time zone 'UTC',
            instant))
        from quartz.qrtz_triggers t join scheduler_private.job_gate g on g.job = t.job_name and g.enabled and not g.paused
        join scheduler.job j on j.name = g.job and j.problem is null
        where t.sched_name = 'scheduler' and t.job_group = 'jobs' and t.trigger_state = 'WAITING' and t.next_fire_time > 0
            and t.next_fire_time < scheduler_private.ticks_of(at - overdue_after)) m
    order by m.job, m.place;
    return query select 'job:' || r.job || ':late', 'late', 'warning', r.job, null::text, format('runs of job %s begin late', r.job),
        format('%s due at %s still waits', min(r.run_key), to_char(min(r.due_at) at time zone 'UTC', instant)), null::text
    from scheduler_private.run r join scheduler.job j on j.name = r.job and j.enabled
        and (j.paused_at is null or j.paused_until <= at)
    where r.state = 'queued' and r.due_at < at - case when j.expect ? 'start_within'
        then scheduler_private.duration_seconds(j.expect ->> 'start_within') * interval '1 second' else late_after end
    group by r.job;
    -- The limit is that of the alert SchedulerRunStuck (telemetry_jobs.sql).
    return query select distinct on (s.job) 'job:' || s.job || ':stuck', 'stuck', 'warning', s.job, s.node,
        format('a run of job %s does not end', s.job),
        format('%s has run since %s, expected to end within %s', s.run_key, to_char(s.started_at at time zone 'UTC', instant),
            date_trunc('second', s.within)), null::text
    from (
        select r.job, r.run_key, r.node, r.started_at, coalesce(
            scheduler_private.duration_seconds(j.expect ->> 'duration_below') * interval '1 second',
            least(j.timeout + stuck_after, greatest(usual_min, 3 * usual.p95))) as within
        from scheduler_private.run r join scheduler.job j on j.name = r.job
        left join lateral (
            select percentile_cont(0.95) within group (order by u.ended_at - u.started_at) as p95
            from (select l.started_at, l.ended_at from scheduler_private.run l
                  where l.job = r.job and l.verdict = 'succeeded' and l.started_at is not null
                      and r.started_at < at - usual_min and not j.expect ? 'duration_below'
                  order by l.due_at desc limit usual_runs) u) usual on true
        where r.state = 'running') s
    where s.started_at < at - s.within
    order by s.job, s.started_at;
    return query select 'job:' || s.name || ':slow', 'slow', 'info', s.name, null::text, format('job %s takes longer than expected', s.name),
        format('run %s took %s s, expected below %s', s.run_key, round(s.seconds, 1), s.below), null::text
    from (
        select j.name, r.run_key, extract(epoch from r.ended_at - r.started_at) as seconds, j.expect ->> 'duration_below' as below
        from scheduler.job j
        join scheduler_private.job_gate g on g.job = j.name
        join scheduler_private.run r on r.due_at = g.last_due_at and r.run_key = g.last_run_key and r.verdict = 'succeeded'
        where j.enabled and j.expect ? 'duration_below') s
    where s.seconds > scheduler_private.duration_seconds(s.below);
    return query select 'job:' || j.name || ':no_recent_success', 'no_recent_success', 'page', j.name, null::text,
        format('job %s has not succeeded for too long', j.name), format('its last success was %s, expected one within %s',
            coalesce('at ' || to_char(g.last_success_at at time zone 'UTC', instant), 'never'), j.expect ->> 'success_within'), null::text
    from scheduler.job j join scheduler_private.job_gate g on g.job = j.name
    where j.enabled and (j.paused_at is null or j.paused_until <= at) and j.for_each is null and j.expect ? 'success_within'
        and coalesce(g.last_success_at, j.created_at) < at - scheduler_private.duration_seconds(j.expect ->> 'success_within') * interval '1 second';
    return query select 'job:' || j.name || ':paused', 'paused_too_long', 'warning', j.name, null::text,
        format('job %s has been paused for more than 7 days', j.name),
        format('by %s since %s%s', j.paused_by, to_char(j.paused_at at time zone 'UTC', instant), coalesce(': ' || j.pause_reason, '')), null::text
    from scheduler.job j where j.enabled and j.paused_at < at - paused_for and coalesce(j.paused_until > at, true);
    return query select 'job:' || j.name || ':cannot_fire', 'cannot_fire', 'page', j.name, null::text, format('job %s cannot fire', j.name),
        left(j.problem, 500), null::text
    from scheduler.job j where j.enabled and j.problem is not null;
    return query select * from scheduler_private.conditions_of_copies();
end $$;

CREATE FUNCTION scheduler_private.count_burst(channel text, known bigint, lease bigint) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    due timestamptz;
begin
    update scheduler_private.channel c set burst = c.burst + 1, heard_at = clock_timestamp()
    where c.name = count_burst.channel and c.burst = count_burst.known
        and exists (select from scheduler_private.node n
                    where n.lease_id = count_burst.lease and n.lease_until > clock_timestamp() and n.state <> 'stopped')
    returning c.heard_at into due;
    if not found then
        return false;
    end if;
    insert into scheduler_private.event (run_key, job, due_at, cause, part)
    select scheduler_private.event_key(s.job, due + s.delay, 'n' || count_burst.known + 1 || s.mark), s.job, due + s.delay,
        'notify ' || count_burst.channel, s.part
    from scheduler_private.subscription s where s.event = 'notify' and s.source = count_burst.channel
    order by s.place on conflict do nothing;
    perform pg_notify('scheduler_bursts', count_burst.channel || ' ' || count_burst.known + 1);
    perform pg_notify('scheduler_events', '');
    return true;
end $$;

CREATE FUNCTION scheduler_private.cron_interval_meant(fields text[], place integer, step integer) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    name constant text := (array['second', 'minute', 'hour'])[place + case when cardinality(fields) = 5 then 1 else 0 end];
    unit constant text := scheduler_private.schedule_grammar() #>> array['cron_units', name];
begin
    if unit is null or not starts_with(fields[place], '*/') or exists (select from unnest(fields[place + 1 :]) w where w not in ('*', '?'))
        or exists (select from unnest(fields[: place - 1]) w where w <> '0') then
        return null;
    elsif step <> (case name when 'hour' then 24 else 60 end) then
        return 'every ' || step || unit;
    end if;
    -- All of the next larger unit.
    return array_to_string(fields[: place - 1] || '0'::text || fields[place + 1 :], ' ');
end $$;

CREATE FUNCTION scheduler_private.cron_is_due(days integer[], before_last integer[], months integer[], weekdays integer[], nth integer, years integer[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
    return (
    select case
        -- Each month has these.
        when days is null and weekdays is null or weekdays is not null and nth < 5 or 28 >= any (days) or 27 >= any (before_last) then true
        else exists (
            select
            from (select distinct extract(dow from make_date(y, 1, 1))::integer as first, scheduler_private.month_days(y, 2) - 28 as leap
                  from unnest(coalesce(years, array(select generate_series(1972, 1999)))) y) year
            -- The 28 years from 1972 are of all kinds: each beginning with each weekday, with a leap day and without.
            -- 2028 begins like a leap year, 2027 like another one: only the lengths of months are taken from them.
            cross join (select m, sum(scheduler_private.month_days(2027, m)) over (order by m) - scheduler_private.month_days(2027, m) as before
                        from generate_series(1, 12) m) month
            cross join lateral (select scheduler_private.month_days(2027 + year.leap, month.m) as length,
                (year.first + month.before + case when month.m > 2 then year.leap else 0 end)::integer % 7 as first) l
            where (months is null or month.m = any (months))
                and (l.length >= any (days) or l.length > any (before_last)
                    or nth = 5 and exists (select from unnest(weekdays) w where (w - l.first + 7) % 7 + 1 + 28 <= l.length)))
        end
    );
end $$;

CREATE FUNCTION scheduler_private.cron_item(form jsonb, item text, OUT first integer, OUT last integer, OUT step integer, OUT why text, OUT put text, OUT step_wrong boolean) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    base constant text := split_part(item, '/', 1);
    begins constant text := split_part(base, '-', 1);
    is_range constant boolean := position('-' in base) > 0;
    has_step constant boolean := position('/' in item) > 0;
    ends constant text := case when is_range then substr(base, length(begins) + 2) end;
    steps constant text := case when has_step then substr(item, length(base) + 2) end;
    lowest constant integer := (form -> 'lowest')::integer;
    highest constant integer := (form -> 'highest')::integer;
    round constant integer := (form -> 'round')::integer;
    value text;
begin
    -- The pattern of the field's items, without a regular expression: it takes ten times as long, and thousands of jobs may come in one statement.
    first := case base when '*' then lowest else scheduler_private.cron_value(form, begins) end;
    last := case when base = '*' then highest when is_range then scheduler_private.cron_value(form, ends) when has_step then highest else first end;
    step := case when not has_step then 1 when steps <> '' and length(steps) <= 4 and translate(steps, '0123456789', '') = '' then steps::integer end;
    if first is null or last is null or step is null then
        select s.why, s.put into why, put from scheduler_private.cron_slip(form, item) s;
        return;
    end if;
    value := case when first not between lowest and highest then begins when last not between lowest and highest then ends end;
    if value is not null then
        why := 'cannot be read; expected ' || (form ->> 'expected');
        -- The hour 24 is the hour 0, the minute 60 the minute 0; who writes six fields for Spring or Go counts Sunday as 0.
        put := case when item <> value then null
            when first = highest + 1 and scheduler_private.schedule_grammar() -> 'cron_units' ? (form ->> 'name') then '0'
            when first = 0 and cardinality((form ->> 'names')::text[]) = 7 then ((form ->> 'names')::text[])[1] end;
        return;
    end if;
    if step = 0 then
        why := 'has a step of 0; expected at least 1';
        return;
    elsif step > (form -> 'step_most')::integer then
        why := format('has a step of %s; expected at most %s', step, form ->> 'step_most');
        step_wrong := true;
        return;
    end if;
    -- Sunday as 7 begins the week where more follows it.
    if last < first and first = lowest + round then
        first := lowest;
    end if;
    if last < first then
        if not (form -> 'wraps')::boolean then
            why := format('ends before it begins; expected %s, the smaller one first', form ->> 'expected');
            return;
        end if;
        last := last + round;
    end if;
end $$;

CREATE FUNCTION scheduler_private.cron_problem(part text, fields text[], OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    shift constant integer := case when cardinality(fields) = 5 then 0 else 1 end;
    forms constant jsonb := case when cardinality(fields) = 5
        then scheduler_private.schedule_grammar() #> '{cron,unix}' else scheduler_private.schedule_grammar() #> '{cron,quartz}' end;
    day constant integer := shift + 3;
    month constant integer := shift + 4;
    weekday constant integer := shift + 5;
    -- What the days, months, weekdays and years name; of the times of a day it only matters that they name one. Null: all.
    days integer[];
    months integer[];
    weekdays integer[];
    years integer[];
    nth integer := 0;           -- which weekday of the month, 0 for each
    before_last integer[];      -- days counted from the end of the month
    form jsonb;
    word text;
    item text;
    items text[];
    groups text[];
    named record;
    numbers integer[];
    why text;
    put text;
    field text;
    n integer;
    place integer;
begin
    <<fields>>
    for i in 1 .. cardinality(fields) loop
        continue when fields[i] = '*' or (fields[i] = '?' and i in (day, weekday));
        place := i;
        form := forms -> (i - 1);
        word := upper(fields[i] collate "C");
        item := null;
        if octet_length(word) <> length(word) then
            why := (scheduler_private.cron_slip(form, null)).why;
            exit;
        end if;
        if i < day and length(word) <= 2 and translate(word, '0123456789', '') = '' then
            continue when word::integer <= (form -> 'highest')::integer;
        end if;
        groups := case when i = weekday and translate(word, 'L#', '') <> word then regexp_match(word, form ->> 'special') end;
        if groups is not null then
            put := coalesce(groups[1], groups[2]);
            n := coalesce(scheduler_private.cron_value(form, put), 7 - 1 + shift);
            if n not between (form -> 'lowest')::integer and (form -> 'highest')::integer then
                why := 'cannot be read; expected ' || (form ->> 'expected');
                put := null;
                exit;
            end if;
            put := null;
            weekdays := array[(n - shift) % 7];
            nth := coalesce(groups[3]::integer, 0);
            continue;
        end if;
        items := string_to_array(word, ',');
        if '' = any (items) then
            why := 'has an empty place in its list';
            field := nullif(array_to_string(array_remove(items, ''), ','), '');
            exit;
        end if;
        numbers := '{}';
        foreach item in array items loop
            groups := case when i = day and translate(item, 'LW', '') <> item then regexp_match(item, form ->> 'special') end;
            if groups is not null then
                if groups[3] is not null then
                    if groups[3]::integer not between 1 and 31 then
                        why := 'cannot be read; expected ' || (form ->> 'expected');
                        exit fields;
                    end if;
                    -- Every month has a weekday nearest to it.
                    numbers := numbers || 1;
                else
                    n := coalesce(groups[1]::integer, 0);
                    if n >= (form -> 'highest')::integer then
                        why := format('counts %s days before the last one; expected L-1 to L-%s', n, (form -> 'highest')::integer - 1);
                        exit fields;
                    end if;
                    before_last := before_last || n;
                end if;
                continue;
            end if;
            named := scheduler_private.cron_item(form, item);
            if named.why is not null then
                why := named.why;
                put := named.put;
                meant := case when named.step_wrong then scheduler_private.cron_interval_meant(fields, i, named.step) end;
                exit fields;
            end if;
            if i >= day then
                numbers := numbers || array(select case when s > (form -> 'highest')::integer then s - (form -> 'round')::integer else s end
                    from generate_series(named.first, named.last, named.step) s);
            end if;
        end loop;
        case i
            when day then days := numbers;
            when month then months := numbers;
            when weekday then weekdays := array(select (w - shift) % 7 from unnest(numbers) w);
            when 7 then years := numbers;
            else null;
        end case;
    end loop;
    if why is not null then
        problem := format('schedule ''%s'': %s ''%s'' %s', part, form ->> 'name', fields[place], why);
        if put is not null then
            field := array_to_string(array_replace(items, item, put), ',');
        end if;
        meant := coalesce(meant, case when field is not null then array_to_string(fields[: place - 1] || field || fields[place + 1 :], ' ') end);
        return;
    end if;
    if shift = 0 and fields[day] not in ('*', '?') and fields[weekday] not in ('*', '?') and (fields[day] like '*%' or fields[weekday] like '*%') then
        -- Vixie cron asks for both days here and others for either.
        problem := format('schedule ''%s'': crons disagree on what day ''%s'' together with weekday ''%s'' means; '
            'expected one of the two as *, or days listed without a leading *', part, fields[day], fields[weekday]);
    elsif not scheduler_private.cron_is_due(days, before_last, months, weekdays, nth, years) then
        problem := format('schedule ''%s'' is never due up to %s: no such day exists', part,
            scheduler_private.schedule_grammar() #>> '{cron_years,last}');
    end if;
end $$;

CREATE FUNCTION scheduler_private.cron_slip(form jsonb, item text, OUT why text, OUT put text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    names constant text[] := (form ->> 'names')::text[];
    slip jsonb;
    groups text[];
    word text[];
begin
    why := format('cannot be read; expected %s%s, *, a list, a range or a step', form ->> 'expected', form ->> 'special_expected');
    if item is null then
        return;
    end if;
    for slip in select * from jsonb_array_elements(scheduler_private.schedule_grammar() -> 'cron_slips') loop
        continue when slip ->> 'of' not in ('', form ->> 'name') or position(slip ->> 'needs' in item) = 0 or item !~ (slip ->> 'pattern');
        groups := regexp_match(item, slip ->> 'pattern');
        why := coalesce(replace(slip ->> 'why', '{0}', item), why);
        put := replace(replace(replace(slip ->> 'put', '{1}', coalesce(groups[1], '')), '{2}', coalesce(groups[2], '')), '{3}', coalesce(groups[3], ''));
        return;
    end loop;
    if cardinality(names) = 0 then
        return;
    end if;
    -- Whole names, and three of them with hyphens, which are a list.
    put := '';
    for word in select regexp_matches(item, '([A-Z]+)|([^A-Z]+)', 'g') loop
        put := put || coalesce(word[2], case when length(word[1]) >= (scheduler_private.schedule_grammar() -> 'cron_name_length')::integer
            then coalesce((select n.name from unnest(names) with ordinality as n (name, place) where starts_with(word[1], n.name) order by n.place limit 1),
                scheduler_private.nearest(word[1], names)) end, word[1]);
    end loop;
    if put ~ (scheduler_private.schedule_grammar() ->> 'cron_three') then
        put := replace(put, '-', ',');
    end if;
    if put = item or exists (select from unnest(string_to_array(put, ',')) p where p !~ (form ->> 'item')) then
        put := null;
    end if;
end $$;

CREATE FUNCTION scheduler_private.cron_value(form jsonb, value text) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
begin
    if translate(value, '0123456789', '') = '' then
        return case when length(value) between 1 and 4 then value::integer end;
    end if;
    return array_position((form ->> 'names')::text[], value) - 1 + (form -> 'names_from')::integer;
end $$;

CREATE FUNCTION scheduler_private.drop_partition(partition text, keep interval) RETURNS bigint
    LANGUAGE plpgsql
    SET lock_timeout TO '200ms'
    AS $$
declare
    old constant regclass := to_regclass(partition);
    holder text;
    unfinished bigint;
begin
    if keep < interval '1 day' then
        raise exception 'the ledger cannot be kept for %; expected at least 1 day', keep using errcode = 'invalid_parameter_value';
    end if;
    if not pg_try_advisory_xact_lock(hashtext('scheduler.partitions')) then
        raise exception 'partition % stays for now: another session is at the ledger''s partitions', partition using errcode = 'lock_not_available';
    end if;
    if not exists (select from scheduler_private.run_partitions() p where p.partition = old and p.until_at <= clock_timestamp() - keep) then
        return null;
    end if;
    execute format('select count(*) from %s where state <> ''finished''', old) into unfinished;
    if unfinished > 0 then
        return unfinished;
    end if;
    holder := scheduler_private.long_holder('scheduler_private.run');
    if holder is not null then
        raise exception 'partition % stays for now: scheduler_private.run is in use by %', partition, holder using errcode = 'lock_not_available';
    end if;
    -- The parent first, as every statement does. Who has it has all of them, but for those who name a partition: they are not waited for.
    lock table only scheduler_private.run in access exclusive mode;
    execute format('lock table only %s in access exclusive mode nowait', old);
    lock table only scheduler_private.run_default in access exclusive mode nowait;
    execute format('select count(*) from %s where state <> ''finished''', old) into unfinished;
    if unfinished = 0 then
        execute format('drop table %s', old);
    end if;
    return unfinished;
end $$;

CREATE FUNCTION scheduler_private.due_of(run_key text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    AS $_$
begin
    return substring(run_key from '[@!]([^@!~/]+)(?:[~/][^@!]*)?$')::timestamptz;
exception when invalid_datetime_format or datetime_field_overflow then
    return null;
end $_$;

CREATE FUNCTION scheduler_private.duration_meant(words text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
declare
    once constant text := scheduler_private.schedule_grammar() #>> '{duration,once}';
    day constant numeric := 86400;
    plain text := lower(trim(regexp_replace(words, '[ \t\n\r]+', ' ', 'g')) collate "C");
    iso constant text[] := regexp_match(plain, scheduler_private.schedule_grammar() #>> '{duration,iso}');
    part text[];
    number text;
    total numeric := 0;
    meant text := '';
begin
    if iso is not null then
        plain := array_to_string(iso, '');
    end if;
    if length(plain) not between 1 and (scheduler_private.schedule_grammar() #>> '{limits,duration}')::integer
        or plain !~ ('^(?:' || once || ')+$') then
        return null;
    end if;
    for part in select regexp_matches(plain, once, 'g') loop
        number := trim(both ' ' from substring(part[1] from '^[0-9. ]*'));
        total := total + case number when '' then 1 else number::numeric end * case substring(part[1] from '[a-z]')
            when 'w' then 7 * day when 'd' then day when 'h' then 3600 when 'm' then 60 else 1 end;
    end loop;
    if total <> trunc(total) or total < 1 or total > 36500 * day then
        return null;
    end if;
    if total >= day then meant := meant || div(total, day) || 'd'; total := mod(total, day); end if;
    if total >= 3600 then meant := meant || div(total, 3600) || 'h'; total := mod(total, 3600); end if;
    if total >= 60 then meant := meant || div(total, 60) || 'm'; total := mod(total, 60); end if;
    return meant || case when total > 0 then total::bigint || 's' else '' end;
end $_$;

CREATE FUNCTION scheduler_private.duration_seconds(duration text) RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    select case when s.seconds <= 36500 * 86400::numeric then s.seconds end
    from regexp_match(duration, '^(?:([0-9]{1,10})d)?(?:([0-9]{1,10})h)?(?:([0-9]{1,10})m)?(?:([0-9]{1,10})s)?$') as m,
        lateral (select coalesce(m[1]::numeric, 0) * 86400 + coalesce(m[2]::numeric, 0) * 3600 + coalesce(m[3]::numeric, 0) * 60
            + coalesce(m[4]::numeric, 0) as seconds) s
    where duration <> '' and m is not null
$_$;

CREATE FUNCTION scheduler_private.edits(a text, b text) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
declare
    x constant text[] := string_to_array(lower(a collate "C"), null);
    y constant text[] := string_to_array(lower(b collate "C"), null);
    before integer[];       -- the line before the last
    last integer[];
    line integer[];
    cost integer;
begin
    if cardinality(x) > 256 or cardinality(y) > 256 then
        return 1000;
    end if;
    last := array(select generate_series(0, cardinality(y)));
    for i in 1 .. cardinality(x) loop
        line := array[i];
        for j in 1 .. cardinality(y) loop
            cost := least(last[j + 1] + 1, line[j] + 1, last[j] + (x[i] <> y[j])::int);
            if i > 1 and j > 1 and x[i] = y[j - 1] and x[i - 1] = y[j] then
                cost := least(cost, before[j - 1] + 1);
            end if;
            line := line || cost;
        end loop;
        before := last;
        last := line;
    end loop;
    return last[cardinality(y) + 1];
end $$;

CREATE FUNCTION scheduler_private.end_parts() RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION scheduler_private.ensure_partitions(around timestamp with time zone DEFAULT now()) RETURNS integer
    LANGUAGE plpgsql
    SET "TimeZone" TO 'UTC'
    SET lock_timeout TO '200ms'
    AS $_$
declare
    today constant timestamptz := date_trunc('day', around);
    oldest constant timestamptz := today - interval '31 days';
    -- Putting a partition in place reads run_default under its lock: beyond this size that would be felt.
    default_bytes_max constant bigint := 256 * 1024 * 1024;
    moved_rows_max constant integer := 100000;
    days timestamptz[];
    day timestamptz;
    partition text;
    problem text;
    unfinished bigint;
    waiting bigint;
    ready timestamptz[] := '{}';
    made integer := 0;
begin
    if not pg_try_advisory_xact_lock(hashtext('scheduler.partitions')) then
        return 0;
    end if;
    if pg_relation_size('scheduler_private.run_default') > default_bytes_max then
        raise warning 'no partitions are made: scheduler_private.run_default has % MB, expected at most % MB',
            pg_relation_size('scheduler_private.run_default') / 1048576, default_bytes_max / 1048576
            using hint = 'its old rows are deleted with their age; then vacuum (full) scheduler_private.run_default at a quiet time';
        return 0;
    end if;
    days := array(
        select d.day from (
            select generate_series(
                greatest(oldest, least(today - interval '1 day',
                    (select max(p.until_at) from scheduler_private.run_partitions() p where p.until_at <= today))),
                today + interval '7 days', interval '1 day') as day
            union
            select date_trunc('day', r.due_at) from scheduler_private.run_default r
            where r.due_at >= oldest and r.due_at < today + interval '8 days') d
        where not exists (select from scheduler_private.run_partitions() p
                          where p.from_at < d.day + interval '1 day' and p.until_at > d.day)
        order by d.day);
    foreach day in array days loop
        partition := 'run_' || to_char(day, 'YYYYMMDD');
        select count(*) filter (where r.state <> 'finished'), count(*) into unfinished, waiting
        from scheduler_private.run_default r where r.due_at >= day and r.due_at < day + interval '1 day';
        -- A row that is about to change must not change its place: it is moved when it has its verdict.
        if unfinished > 0 or waiting > moved_rows_max then
            raise warning 'partition % is not made: scheduler_private.run_default has % rows of that day, % of them unfinished; '
                'expected at most %, all finished', partition, waiting, unfinished, moved_rows_max;
            continue;
        end if;
        if to_regclass('scheduler_private.' || partition) is not null then
            raise warning 'partition % is not made: a table of that name exists and is no partition of scheduler_private.run', partition
                using hint = 'attach it, rename it or drop it';
            continue;
        end if;
        -- Settings: see migration 0003.
        execute format('create table scheduler_private.%I (like scheduler_private.run including all) with (autovacuum_vacuum_scale_factor = 0.1,'
            ' autovacuum_vacuum_threshold = 50000, autovacuum_vacuum_insert_scale_factor = 0.2,'
            ' autovacuum_vacuum_insert_threshold = 100000, autovacuum_freeze_min_age = 1000000, autovacuum_vacuum_cost_limit = 2000)', partition);
        if waiting > 0 then
            execute format('with moved as (delete from scheduler_private.run_default'
                ' where due_at >= $1 and due_at < $2 and state = ''finished'' returning *)'
                ' insert into scheduler_private.%I select * from moved', partition) using day, day + interval '1 day';
        end if;
        ready := ready || day;
    end loop;
    -- All tables are there: now the locks, for a few milliseconds.
    foreach day in array ready loop
        partition := 'run_' || to_char(day, 'YYYYMMDD');
        begin
            -- One refusal is enough for all: nobody is held up twice.
            problem := coalesce(problem,
                'scheduler_private.run_default is in use by ' || scheduler_private.long_holder('scheduler_private.run_default'));
            if problem is not null then
                raise exception '%', problem using errcode = 'lock_not_available';
            end if;
            execute format('alter table scheduler_private.run attach partition scheduler_private.%I for values from (%L) to (%L)',
                partition, to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(day + interval '1 day', 'YYYY-MM-DD') || ' 00:00:00+00');
            made := made + 1;
        exception when lock_not_available or check_violation then
            -- In use, or rows of that day went to run_default meanwhile. What was moved goes back.
            problem := case when sqlstate = '55P03' then sqlerrm end;
            raise warning 'partition % is not made yet: %', partition, sqlerrm;
            execute format('insert into scheduler_private.run_default select * from scheduler_private.%I', partition);
            execute format('drop table scheduler_private.%I', partition);
        end;
    end loop;
    return made;
end $_$;

CREATE FUNCTION scheduler_private.error_cause(error text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    select nullif(left(regexp_replace(regexp_replace(regexp_replace(lower(error), '"[^"]*"|''[^'']*''', '?', 'g'),
        '[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|[0-9]+', '#', 'g'), '\s+', ' ', 'g'), 200), '')
$$;

CREATE FUNCTION scheduler_private.event_form(plain text, OUT event text, OUT problem text, OUT slots jsonb) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'events';
    head constant text := split_part(plain, ' ', 1);
    form jsonb;
    groups text[];
    slot text;
    jobs text[];
    bad text;
begin
    for form in select * from jsonb_array_elements(grammar -> 'forms') loop
        groups := case when form ->> 'head' = head then regexp_match(plain, form ->> 'pattern') end;
        continue when groups is null;
        event := form ->> 'event';
        slots := '{}';
        for i in 1 .. cardinality(groups) loop
            continue when groups[i] is null;
            slot := form -> 'slots' ->> (i - 1);
            slots := slots || jsonb_build_object(slot, groups[i]);
            bad := null;
            case slot
                when 'Jobs' then
                    jobs := string_to_array(groups[i], ' and ');
                    select j into bad from unnest(jobs) with ordinality as e (j, n) where j !~ (grammar ->> 'job_name') order by n limit 1;
                    if bad is null and cardinality(jobs) > (grammar -> 'jobs_max')::integer then
                        problem := ' ' || (grammar ->> 'too_many_jobs');
                    elsif bad is null then
                        problem := ' ' || replace(grammar ->> 'job_twice', '{0}',
                            (select j from unnest(jobs) with ordinality as e (j, n) group by j having count(*) > 1 order by min(n) limit 1));
                    end if;
                when 'Outcome' then bad := case when not grammar -> 'outcomes' ? groups[i] then groups[i] end;
                when 'Delay', 'Interval' then
                    bad := case when not coalesce(scheduler_private.duration_seconds(groups[i]) between (grammar -> 'length_min')::numeric
                        and (grammar -> case slot when 'Delay' then 'delay_max' else 'interval_max' end)::numeric, false) then groups[i] end;
                when 'Channel' then
                    bad := case when groups[i] !~ (grammar ->> 'channel_name') then groups[i] end;
                    problem := case when bad is null and groups[i] ~ (grammar ->> 'own_channels') then ': ' || (grammar ->> 'own_channel') end;
                else null;
            end case;
            problem := coalesce(problem, ': ' || replace(grammar -> 'wrong' ->> slot, '{0}', bad));
            exit when problem is not null;
        end loop;
        return;
    end loop;
end $$;

CREATE FUNCTION scheduler_private.event_key(job text, due timestamp with time zone, mark text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select event_key.job || '!' || to_char(event_key.due at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '~' || event_key.mark
$$;

CREATE FUNCTION scheduler_private.event_problem(part text, OUT is_event boolean, OUT event text, OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql STABLE
    AS $$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'events';
    words constant text[] := regexp_split_to_array(part, '[ \t\n\r]+');
    plain constant text := array_to_string(words, ' ');
    rule jsonb;
    groups text[];
    place text;
    near text;
    put text := plain;
begin
    is_event := words[1] in ('after', 'on') or (words[1] = 'every' and plain || ' ' ~ (grammar ->> 'every_after'));
    if not is_event then
        return;
    end if;
    select f.event, f.problem into event, problem from scheduler_private.event_form(plain) f;
    if event is not null and problem is null then
        return;
    end if;
    problem := format('schedule ''%s''%s', part, coalesce(problem,
        (select ' ' || (r.refusal ->> 'why') from jsonb_array_elements(grammar -> 'refusals') with ordinality as r (refusal, n)
         where plain collate "C" ~* (r.refusal ->> 'pattern') order by r.n limit 1),
        ' cannot be read; ' || (grammar -> 'expected' ->> words[1])));
    event := null;
    -- As in the node: patterns that ignore case would take letters of other scripts for Latin ones.
    if octet_length(plain) <> length(plain) then
        return;
    end if;
    for rule in select * from jsonb_array_elements(grammar -> 'repairs') loop
        if rule ->> 'head' = '' or starts_with(put, (rule ->> 'head') || ' ') then
            put := regexp_replace(put collate "C", rule ->> 'pattern', rule ->> 'put', 'gi');
        end if;
    end loop;
    for place in select * from jsonb_array_elements_text(grammar -> 'durations') loop
        groups := regexp_match(put, place);
        if groups is not null then
            put := groups[1] || coalesce(scheduler_private.duration_meant(groups[2]), groups[2]) || groups[3];
        end if;
    end loop;
    put := trim(regexp_replace(put, ' +', ' ', 'g'));
    if put <> plain and (select f.event is not null and f.problem is null from scheduler_private.event_form(put) f) then
        meant := put;
        return;
    end if;
    for i in 1 .. cardinality(words) loop
        near := scheduler_private.nearest(words[i], (grammar ->> 'keywords')::text[]);
        continue when near is null or near = words[i];
        put := array_to_string(words[: i - 1] || near || words[i + 1 :], ' ');
        if (select f.event is not null and f.problem is null from scheduler_private.event_form(put) f) then
            meant := put;
            return;
        end if;
    end loop;
end $$;

CREATE FUNCTION scheduler_private.every_problem(part text, length text, OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
    problem := format('schedule ''%s'' cannot be read', part);
    if scheduler_private.duration_seconds(length) < 1 then
        problem := problem || '; expected ''every'' and a duration of at least 1s, such as ''every 30s'' or ''every 1h30m''';
        return;
    end if;
    meant := 'every ' || scheduler_private.duration_meant(length);
    if meant is null then
        problem := problem || '; expected ''every'' and a duration of at least 1s and at most 36500d, such as ''every 30s'' or ''every 1h30m'''
            || case when length ~ (scheduler_private.schedule_grammar() ->> 'finer')
                then '; what is to follow at once can be due ''on notify CHANNEL''' else '' end;
    end if;
end $$;

CREATE FUNCTION scheduler_private.follow(run_keys text[], jobs text[], verdicts text[]) RETURNS TABLE(run_key text, job text, due_at timestamp with time zone, cause text, part text)
    LANGUAGE plpgsql ROWS 1
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    moment constant timestamptz := clock_timestamp();
    follower record;
    gathered jsonb;
    keys text;
begin
    for follower in
        select s.job, s.source, s.delay, s.waits_for, s.from_startup, s.mark, s.part, s.gathering, e.run_key
        from unnest(run_keys, jobs, verdicts) e (run_key, job, verdict)
        join scheduler_private.subscription s on s.event = 'after' and s.source = e.job
            and s.condition = any (case when e.verdict = 'succeeded' then array['success', 'any']
                when e.verdict in ('failed', 'timed_out', 'unknown') then array['failure', 'any']
                when e.verdict = 'cancelled' then array['any'] else '{}' end)
        order by s.gathering, s.job, s.place, e.run_key
    loop
        continue when follower.from_startup and not scheduler_private.of_startup(follower.run_key);
        keys := follower.run_key;
        if follower.gathering is not null then
            select g.runs || jsonb_build_object(follower.source, follower.run_key) into gathered
            from scheduler_private.gathering g where g.id = follower.gathering for no key update;
            -- The schedule was changed meanwhile, and this part is gone.
            continue when not found;
            select case when count(*) = follower.waits_for then string_agg(r.value, ' and ' order by s.ordinality) end into keys
            from jsonb_each_text(gathered) r
            join unnest(string_to_array((select f.slots ->> 'Jobs' from scheduler_private.event_form(follower.part) f), ' and '))
                with ordinality s (name)
                on s.name = r.key;
            update scheduler_private.gathering g set runs = case when keys is null then gathered else '{}' end where g.id = follower.gathering;
            continue when keys is null;
        end if;
        run_key := scheduler_private.event_key(follower.job, moment + follower.delay, left(md5(keys), 12) || follower.mark);
        job := follower.job;
        due_at := moment + follower.delay;
        cause := 'after ' || keys;
        part := follower.part;
        return next;
    end loop;
end $$;

CREATE FUNCTION scheduler_private.followed_jobs(schedule text) RETURNS SETOF text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
begin
    return query select distinct s.source from scheduler_private.subscriptions_of('', schedule) s where s.event = 'after';
end $$;

CREATE FUNCTION scheduler_private.followers(parent text, verdict text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE ROWS 1
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return query select distinct s.job from scheduler_private.subscription s
        where s.event = 'after' and s.source = followers.parent and s.waits_for = 1 and s.delay = '0' and not s.from_startup
            and s.condition = any (case when followers.verdict = 'succeeded' then array['success', 'any']
                when followers.verdict in ('failed', 'timed_out', 'unknown') then array['failure', 'any']
                when followers.verdict = 'cancelled' then array['any'] else '{}' end);
end $$;

CREATE FUNCTION scheduler_private.for_each_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_notify('scheduler_for_each', tg_table_schema || '.' || tg_table_name);
    return null;
end $$;

CREATE FUNCTION scheduler_private.forget_failure(job text, still text[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    insert into scheduler_private.outbox (event, job, channels)
    select 'gone', forget_failure.job, array_agg(c.name)
    from scheduler.channel c join scheduler_private.alert a on a.channel = c.name and a.key = 'job:' || forget_failure.job || ':failing' and a.open
    where c.name <> all (still) and not (c.incidents
        and exists (select from scheduler_private.incident i where i.key = a.key and i.resolved_at is null))
    having count(*) > 0
$$;

CREATE FUNCTION scheduler_private.group_limit(name text) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    select min(g.concurrency_limit) from scheduler_private.job_gate g where g.concurrency_group = name
$$;

CREATE FUNCTION scheduler_private.instant_of(ticks bigint) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select timestamptz 'epoch' + (ticks - 621355968000000000) / 10 * interval '1 microsecond'
$$;

CREATE FUNCTION scheduler_private.is_deep(content jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    select content @? 'strict $.**{33}'
$_$;

CREATE FUNCTION scheduler_private.is_instant(at timestamp with time zone) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    select at >= timestamptz '1970-01-01T00:00:00Z' and at < timestamptz '9999-01-01T00:00:00Z'
$$;

CREATE FUNCTION scheduler_private.is_trial() RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    select exists (select from scheduler_private.trial t where t.xid = pg_current_xact_id_if_assigned())
$$;

CREATE FUNCTION scheduler_private.job_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if tg_when = 'BEFORE' then
        if (to_jsonb(new) - 'next_fire_at' - 'problem' - 'version' - 'updated_at' - 'source')
           is distinct from (to_jsonb(old) - 'next_fire_at' - 'problem' - 'version' - 'updated_at' - 'source') then
            new.version := old.version + 1;
            new.updated_at := clock_timestamp();
        end if;
        return new;
    end if;
    if scheduler_private.is_trial() then
        return null;
    end if;
    -- Held to the commit.
    perform scheduler_private.change_gates();
    if tg_op = 'DELETE' then
        perform scheduler_private.forget_failure(old.name, '{}');
        perform pg_notify('scheduler_jobs', old.name);
        return null;
    end if;
    if tg_op = 'UPDATE' and (old.notify <> new.notify or old.enabled <> new.enabled) then
        perform scheduler_private.forget_failure(new.name, case when new.enabled and scheduler_private.notify_mask(new.notify) & 1 <> 0
            then array(select jsonb_array_elements_text(new.notify -> 'to')) else '{}' end);
    end if;
    insert into scheduler_private.job_gate as g
        (job, version, enabled, paused, overlap, missed, start_within, on_lost, priority, runs_on, paused_until, supersedes,
            concurrency_group, concurrency_limit, notify)
    values (new.name, new.version, new.enabled, new.paused_at is not null, case new.overlap when 'cancel' then 'queue' else new.overlap end,
            new.missed, new.start_within,
            -- What runs on all nodes is made of parts; those are not run again, and what waits for them is.
            case when 'all' = any (new.runs_on) then 'rerun' else new.on_lost end, new.priority, new.runs_on, new.paused_until, new.overlap = 'cancel',
            new.concurrency ->> 'group', (new.concurrency ->> 'limit')::integer, scheduler_private.notify_mask(new.notify))
    on conflict (job) do update set
        version = excluded.version, enabled = excluded.enabled, paused = excluded.paused, overlap = excluded.overlap,
        missed = excluded.missed, start_within = excluded.start_within, on_lost = excluded.on_lost,
        priority = excluded.priority, runs_on = excluded.runs_on, paused_until = excluded.paused_until,
        supersedes = excluded.supersedes, concurrency_group = excluded.concurrency_group, concurrency_limit = excluded.concurrency_limit,
        notify = excluded.notify;
    perform pg_notify('scheduler_jobs', new.name);
    return null;
end $$;

CREATE FUNCTION scheduler_private.job_check() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $_$
declare
    made constant boolean := tg_op = 'INSERT';
    problem text;
    meant text;
    place text;
    noted scheduler.job;
begin
    if not made then
        -- What nodes note in the row is judged by nobody.
        noted := old;
        noted.problem := new.problem;
        noted.next_fire_at := new.next_fire_at;
        if noted is not distinct from new then
            return new;
        end if;
    end if;
    if not made and new.name is distinct from old.name then
        perform scheduler_private.refuse(old.name, 'name',
            format('name is changed to %s; expected it to stay', scheduler_private.shown(to_jsonb(new.name))));
    elsif made and coalesce(new.name, '') !~ '^[a-z0-9._/-]{1,200}$'
        -- {column} in a template's name is filled from its rows.
        and (new.for_each is null or coalesce(new.name, '') !~ '^[a-z0-9._/{}-]{1,200}$') then
        meant := nullif(left(trim(both '-' from regexp_replace(lower(coalesce(new.name, '')), '[^a-z0-9._/-]+', '-', 'g')), 200), '');
        perform scheduler_private.refuse(new.name, 'name', format('name is %s; expected 1 to 200 lower-case letters, digits and . _ - /',
            case when length(new.name) > 200 then length(new.name) || ' characters long'
                else coalesce(scheduler_private.shown(to_jsonb(new.name)), 'empty') end),
            case when length(new.name) <= 200 then meant end);
    end if;
    if made or new.kind is distinct from old.kind or new.settings is distinct from old.settings then
        perform scheduler_private.check_settings(new);
    end if;
    if made and new.on_lost is null then
        new.on_lost := coalesce((select k.defaults ->> 'on_lost' from scheduler_private.kind k where k.name = new.kind), 'rerun');
    end if;
    if made or new.time_zone is distinct from old.time_zone then
        select p.problem, p.meant into problem, meant from scheduler_private.time_zone_problem(coalesce(new.time_zone, '')) p;
        if problem is not null then
            perform scheduler_private.refuse(new.name, 'time_zone', problem, meant);
        end if;
    end if;
    -- A local instant may be none in another zone, and COUNT counts from starts.
    if (made or new.schedule is distinct from old.schedule
            or (new.time_zone is distinct from old.time_zone and new.schedule ~ '(^|;)[ \t\n\r]*at[ \t\n\r]')
            or (new.starts is null and old.starts is not null and new.schedule ~* 'COUNT='))
        and (new.for_each is null or coalesce(new.schedule, '') not like '%{%}%') then
        if new.schedule is null then
            perform scheduler_private.refuse(new.name, 'schedule', 'schedule is empty; expected one, or ''manual''');
        end if;
        select p.problem, p.meant into problem, meant from scheduler_private.schedule_problem(new.schedule, new.time_zone, new.starts) p;
        if problem is not null then
            perform scheduler_private.refuse(new.name, 'schedule', problem, meant);
        end if;
    end if;
    if new.calendar is not null and (made or new.calendar is distinct from old.calendar) then
        perform scheduler_private.check_calendar(new);
    end if;
    if made or (new.guard, new.retry, new.concurrency, new.expect, new.notify, new.for_each, new.params)
        is distinct from (old.guard, old.retry, old.concurrency, old.expect, old.notify, old.for_each, old.params) then
        -- Most jobs have none of them.
        if new.for_each is not null or not coalesce(new.guard = '{}' and new.retry = '{}' and new.concurrency = '{}' and new.expect = '{}'
            and new.notify = '{}' and new.params = '{}', false) then
            foreach place in array '{guard,retry,concurrency,expect,notify,for_each,params}'::text[] loop
                perform scheduler_private.check_json(new.name, place, case place
                    when 'guard' then new.guard when 'retry' then new.retry when 'concurrency' then new.concurrency when 'expect' then new.expect
                    when 'notify' then new.notify when 'for_each' then new.for_each else new.params end);
            end loop;
        end if;
    end if;
    if new.notify <> '{}' and (made or new.notify is distinct from old.notify) then
        perform scheduler_private.check_notify(new);
    end if;
    if new.for_each is null and (made or (new.settings, new.params, new.schedule) is distinct from (old.settings, old.params, old.schedule)) then
        perform scheduler_private.check_values(new);
    end if;
    if made or (new.overlap, new.missed, new.on_lost, new.timeout, new.start_within, new.spread, new.tags, new.runs_on, new.description, new.owner,
            new.pause_reason, new.priority, new.starts, new.ends, new.paused_until, new.count)
        is distinct from (old.overlap, old.missed, old.on_lost, old.timeout, old.start_within, old.spread, old.tags, old.runs_on, old.description,
            old.owner, old.pause_reason, old.priority, old.starts, old.ends, old.paused_until, old.count) then
        perform scheduler_private.check_plain(new);
    end if;
    -- A pause is whole or not at all, however it was written.
    if new.paused_at is null and new.paused_until is not null and (made or old.paused_at is null) then
        new.paused_at := clock_timestamp();
    end if;
    if new.paused_at is null then
        new.paused_by := null;
        new.pause_reason := null;
        new.paused_until := null;
    else
        new.paused_by := coalesce(new.paused_by, session_user);
    end if;
    if made then
        -- A name that comes back goes on counting, so that no version stands for two definitions.
        new.version := coalesce((select max(v.version) from scheduler_private.job_version v where v.job = new.name), 0) + 1;
    end if;
    return new;
end $_$;

CREATE FUNCTION scheduler_private.job_subscribed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    -- What pauses and nodes write is no release.
    bookkeeping constant text[] := array['paused_at', 'paused_by', 'pause_reason', 'paused_until', 'next_fire_at', 'problem', 'version', 'updated_at',
        'source', 'made_by'];
    former text[];
    due timestamptz;
begin
    if scheduler_private.is_trial() then
        return case when tg_op = 'DELETE' then old end;
    end if;
    if tg_op = 'DELETE' then
        update scheduler_private.job_gate g set followed = false
        where g.followed and g.job in (select s.source from scheduler_private.subscription s where s.event = 'after' and s.job = old.name)
            and not exists (select from scheduler_private.subscription s where s.event = 'after' and s.source = g.job and s.job <> old.name);
        -- What is due already is entered and says that the job is gone.
        delete from scheduler_private.event e where e.job = old.name and e.due_at > clock_timestamp();
        return old;
    end if;
    -- The schedule of a job with for_each is that of its rows' jobs; it is never due itself.
    if new.for_each is not null then
        delete from scheduler_private.subscription s where s.job = new.name;
        return null;
    end if;
    if tg_op = 'INSERT' and new.schedule !~ '\m(after|on)\M' then
        -- Most jobs: only who waited for this one to be there has to be known.
        update scheduler_private.job_gate g set followed = true
        where g.job = new.name and exists (select from scheduler_private.subscription s where s.event = 'after' and s.source = new.name);
    elsif tg_op = 'INSERT' or new.schedule is distinct from old.schedule then
        if tg_op = 'UPDATE' then
            with gone as (delete from scheduler_private.subscription s where s.job = new.name returning s.event, s.source)
            select array_agg(g.source) into former from gone g where g.event = 'after';
        end if;
        -- A part that waits for several jobs counts their runs in a row of its own, anew for each schedule.
        with wanted as materialized (
            select w.* from scheduler_private.subscriptions_of(new.name, new.schedule) w
        ),
        gathering as (
            insert into scheduler_private.gathering (id, job)
            select nextval('scheduler_private.gathering_id'), new.name from (select distinct w.place from wanted w where w.waits_for > 1) w
            returning id
        ),
        numbered as (
            select g.id, row_number() over (order by g.id) as n from gathering g
        )
        insert into scheduler_private.subscription (event, source, job, condition, place, part, delay, waits_for, from_startup, mark, gathering)
        select w.event, w.source, w.job, w.condition, w.place, w.part, w.delay, w.waits_for, w.from_startup, w.mark,
            case when w.waits_for > 1 then (select n.id from numbered n
                where n.n = (select count(distinct o.place) from wanted o where o.waits_for > 1 and o.place <= w.place)) end
        from wanted w on conflict do nothing;
        insert into scheduler_private.channel (name)
        select s.source from scheduler_private.subscription s where s.job = new.name and s.event = 'notify' on conflict do nothing;
        -- What a part that is no more made due later is taken back.
        delete from scheduler_private.event e
        where e.job = new.name and e.due_at > clock_timestamp() and e.part is not null
            and not exists (select from scheduler_private.subscription s where s.job = new.name and s.part = e.part);
        update scheduler_private.job_gate g
        set followed = exists (select from scheduler_private.subscription s where s.event = 'after' and s.source = g.job)
        where g.job in (select s.source from scheduler_private.subscription s where s.event = 'after' and s.job = new.name
                        union select unnest(former) union select new.name)
            and g.followed is distinct from exists (select from scheduler_private.subscription s where s.event = 'after' and s.source = g.job);
    end if;
    -- "every … after end" counts from here; what it made due before is taken back.
    if tg_op = 'UPDATE' and (new.enabled, new.paused_at) is distinct from (old.enabled, old.paused_at) then
        update scheduler_private.subscription s
        set since = greatest(s.since, case when old.paused_until <= clock_timestamp() then old.paused_until else clock_timestamp() end)
        where s.job = new.name and s.event = 'end';
        delete from scheduler_private.event e using scheduler_private.subscription s
        where s.job = new.name and s.event = 'end' and e.job = s.job and e.part = s.part and e.due_at > clock_timestamp();
    end if;
    if new.schedule ~ '\mrelease\M' and exists (select from scheduler_private.subscription s where s.job = new.name and s.event = 'release')
        and (tg_op = 'INSERT' or to_jsonb(new) - bookkeeping is distinct from to_jsonb(old) - bookkeeping) then
        due := clock_timestamp();
        insert into scheduler_private.event (run_key, job, due_at, cause, part)
        select scheduler_private.event_key(new.name, due + s.delay, 'v' || new.version || s.mark), new.name, due + s.delay, 'release ' || new.version,
            s.part
        from scheduler_private.subscription s where s.job = new.name and s.event = 'release' order by s.place on conflict do nothing;
        perform pg_notify('scheduler_events', '');
    end if;
    return null;
end $$;

CREATE FUNCTION scheduler_private.job_to_store() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_nestloop TO 'off'
    SET jit TO 'off'
    AS $$
begin
    if tg_op = 'UPDATE' then
        -- Only new versions: what nodes note in the row (problem, next_fire_at) is none.
        insert into scheduler_private.job_change as c (job)
        select n.name from new_row n join old_row o on o.name = n.name where n.version <> o.version order by n.name
        on conflict (job) do update set mark = excluded.mark;
    elsif tg_op = 'INSERT' then
        insert into scheduler_private.job_change as c (job) select n.name from new_row n order by n.name
        on conflict (job) do update set mark = excluded.mark;
    else
        insert into scheduler_private.job_change as c (job) select o.name from old_row o order by o.name
        on conflict (job) do update set mark = excluded.mark;
    end if;
    return null;
end $$;

CREATE FUNCTION scheduler_private.job_versioned() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET enable_nestloop TO 'off'
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO'
    SET "IntervalStyle" TO 'postgres'
    AS $$
declare
    noted constant text[] := '{version,problem,next_fire_at,created_at,updated_at,source}';
    reason_max constant integer := 2000;
    told_source constant text := coalesce(nullif(left(current_setting('scheduler.source', true), 300), ''), 'sql');
    told_reason constant text := nullif(left(current_setting('scheduler.reason', true), reason_max), '');
    told_action constant text := nullif(current_setting('scheduler_private.action', true), '');
    moment constant timestamptz := clock_timestamp();
begin
    if tg_op = 'UPDATE' then
        if not exists (select from new_row n join old_row o on o.name = n.name where n.version <> o.version) then
            return null;
        end if;
        perform scheduler_private.check_links(array(select n.name from new_row n join old_row o on o.name = n.name
            where n.schedule <> o.schedule and n.made_by is null), '{}');
        insert into scheduler_private.job_version (job, version, action, definition, changes, role, application, source, reason, at)
        select n.name, n.version, coalesce(told_action, case
                when c.changes - '{paused_at,paused_by,pause_reason,paused_until}'::text[] = '{}' then
                    case when n.paused_at is null then 'resume' else 'pause' end
                when c.changes - 'enabled' = '{}' then case when n.enabled then 'enable' else 'disable' end
                else 'update' end),
            d.definition, c.changes, session_user, current_setting('application_name'),
            case told_source when 'file' then n.source else told_source end, told_reason, moment
        from new_row n join old_row o on o.name = n.name,
            -- Made once a row: without the offset they would be made for each column.
            lateral (select to_jsonb(n) - noted as definition, to_jsonb(o) - noted as former offset 0) d,
            lateral (select coalesce(jsonb_object_agg(a.key, jsonb_build_array(d.former -> a.key, a.value)), '{}') as changes
                     from jsonb_each(d.definition) a where a.value is distinct from d.former -> a.key) c
        where n.version <> o.version order by n.name;
    elsif tg_op = 'INSERT' then
        perform scheduler_private.check_links(array(select n.name from new_row n where n.made_by is null), '{}');
        insert into scheduler_private.job_version (job, version, action, definition, role, application, source, reason, at)
        select n.name, n.version, coalesce(told_action, 'insert'), to_jsonb(n) - noted, session_user, current_setting('application_name'),
            case told_source when 'file' then n.source else told_source end, told_reason, moment
        from new_row n order by n.name;
    else
        perform scheduler_private.check_links('{}', array(select o.name from old_row o where o.made_by is null));
        insert into scheduler_private.job_version (job, version, action, definition, role, application, source, reason, at)
        select o.name, o.version + 1, 'delete', to_jsonb(o) - noted, session_user, current_setting('application_name'),
            case told_source when 'file' then o.source else told_source end, told_reason, moment
        from old_row o order by o.name;
    end if;
    return null;
end $$;

CREATE FUNCTION scheduler_private.json_problems(value jsonb, schema jsonb, path text) RETURNS TABLE(problem text, meant text)
    LANGUAGE plpgsql STABLE
    AS $_$
#variable_conflict use_variable
declare
    kind constant text := jsonb_typeof(value);
    types constant jsonb := case jsonb_typeof(schema -> 'type') when 'string' then jsonb_build_array(schema -> 'type') else schema -> 'type' end;
    plain constant text := value #>> '{}';
    keys text[];
    entry record;
    seconds numeric;
begin
    if kind = 'null' and (types ? 'null' or types is null) then
        return;
    end if;
    if not (types ? kind or (kind = 'number' and types ? 'integer' and scale(plain::numeric) = 0)) then
        problem := format('%s is %s; expected %s', path, scheduler_private.shown(value), coalesce(schema ->> 'expected',
            case when types ? 'string' then 'text' when types ? 'boolean' then 'true or false' when types ? 'integer' then 'a whole number'
                 when types ? 'number' then 'a number' when types ? 'array' then 'a list' else 'a map of keys to values' end));
        meant := case when schema ? 'duration' and kind = 'number' and plain ~ '^[1-9][0-9]{0,8}$' then plain || 's' end;
        return next;
        return;
    end if;
    if schema ? 'enum' and not schema -> 'enum' @> jsonb_build_array(value) then
        keys := array(select c #>> '{}' from jsonb_array_elements(schema -> 'enum') c where c <> 'null');
        problem := format('%s is %s; expected one of %s', path, scheduler_private.shown(value), array_to_string(keys, ', '));
        meant := scheduler_private.nearest(plain, keys);
        return next;
    elsif kind = 'string' then
        problem := null;
        if schema ? 'duration' then
            seconds := scheduler_private.duration_seconds(plain);
            meant := case when seconds is null then scheduler_private.duration_meant(plain) end;
            problem := case when seconds is null then 'a duration such as 30s, 5m, 1h30m or 30d'
                when seconds not between coalesce((schema #>> '{duration,shortest}')::numeric, 0)
                    and coalesce((schema #>> '{duration,longest}')::numeric, 1e12) then schema #>> '{duration,expected}' end;
        elsif length(plain) < (schema ->> 'minLength')::integer then
            problem := format('at least %s characters', schema ->> 'minLength');
        elsif length(plain) > (schema ->> 'maxLength')::integer then
            problem := format('at most %s characters', schema ->> 'maxLength');
        elsif schema ? 'pattern' then
            begin
                problem := case when plain !~ (schema ->> 'pattern')
                    then coalesce(schema ->> 'expected', 'text that matches ' || (schema ->> 'pattern')) end;
            exception when invalid_regular_expression then
                problem := null;   -- a pattern only .NET can read: the node judges
            end;
        end if;
        if problem is not null then
            problem := format('%s is %s; expected %s', path, scheduler_private.shown(value), problem);
            return next;
        end if;
    elsif kind = 'number' then
        if plain::numeric < (schema ->> 'minimum')::numeric or plain::numeric > (schema ->> 'maximum')::numeric
            or plain::numeric <= (schema ->> 'exclusiveMinimum')::numeric or plain::numeric >= (schema ->> 'exclusiveMaximum')::numeric then
            problem := format('%s is %s; expected %s', path, scheduler_private.shown(value),
                case when schema ? 'maximum'
                     then coalesce(schema ->> 'minimum', 'more than ' || (schema ->> 'exclusiveMinimum')) || ' to ' || (schema ->> 'maximum')
                     else coalesce('at least ' || (schema ->> 'minimum'), 'more than ' || (schema ->> 'exclusiveMinimum'),
                         'less than ' || (schema ->> 'exclusiveMaximum')) end);
            meant := null;
            return next;
        end if;
    elsif kind = 'array' then
        if jsonb_array_length(value) < (schema ->> 'minItems')::integer or jsonb_array_length(value) > (schema ->> 'maxItems')::integer then
            problem := format('%s is a list of %s; expected %s', path, jsonb_array_length(value),
                case when jsonb_array_length(value) < (schema ->> 'minItems')::integer then 'at least ' || (schema ->> 'minItems')
                     else 'at most ' || (schema ->> 'maxItems') end || ' entries');
            meant := null;
            return next;
        elsif schema ? 'items' then
            return query select p.problem, p.meant
                from jsonb_array_elements(value) with ordinality as e (item, n),
                    lateral scheduler_private.json_problems(e.item, schema -> 'items', format('%s[%s]', path, e.n - 1)) p;
        end if;
    elsif kind = 'object' then
        keys := array(select jsonb_object_keys(coalesce(schema -> 'properties', '{}')));
        for entry in select e.key, e.value from jsonb_each(value) e loop
            if schema -> 'properties' ? entry.key then
                return query select p.problem, p.meant
                    from scheduler_private.json_problems(entry.value, schema -> 'properties' -> entry.key, path || '.' || entry.key) p;
            elsif jsonb_typeof(schema -> 'additionalProperties') = 'object' then
                return query select p.problem, p.meant
                    from scheduler_private.json_problems(entry.value, schema -> 'additionalProperties', path || '.' || left(entry.key, 60)) p;
            elsif schema -> 'additionalProperties' = 'false' then
                problem := format('%s has the unknown key %s; expected %s', path, scheduler_private.shown(to_jsonb(entry.key)),
                    case when cardinality(keys) = 0 then 'none' else 'one of ' || array_to_string(keys, ', ') end);
                meant := scheduler_private.nearest(entry.key, keys);
                return next;
            end if;
        end loop;
        return query select format('%s has no %s; expected it', path, quote_literal(r)), null::text
            from jsonb_array_elements_text(schema -> 'required') r where not value ? r;
    end if;
end $_$;

CREATE FUNCTION scheduler_private.keep_events() RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    -- A fire that was skipped or missed has its row in the ledger, and the latest rows of a job are looked at.
    runs_looked_at constant integer := 10;
    -- So that one look stays short; the others are found by the next.
    fires_max constant integer := 1000;
    made integer;
begin
    perform scheduler_private.end_parts();
    if not exists (select from scheduler_private.subscription s where s.event = 'end')
        and not exists (select from scheduler_private.gathering) then
        return 0;
    end if;
    if not pg_try_advisory_xact_lock(hashtext('scheduler.events')) then
        return 0;
    end if;
    -- A run by hand that ended later begins the wait anew.
    delete from scheduler_private.event e using scheduler_private.subscription s, scheduler_private.job_gate g
    where s.event = 'end' and e.job = s.job and e.part = s.part and g.job = s.job and e.due_at > clock_timestamp()
        and e.due_at < g.last_ended_at + s.delay;
    with idle as materialized (
        select s.job, s.part, s.mark, s.delay + greatest(s.since, case when j.paused_until <= clock_timestamp() then j.paused_until end,
            g.last_ended_at, last.ended_at) as due_at
        from scheduler_private.subscription s
        join scheduler.job j on j.name = s.job
        join scheduler_private.job_gate g on g.job = s.job
        left join lateral (
            select max(l.ended_at) as ended_at from (
                select r.ended_at from scheduler_private.run r where r.job = s.job order by r.due_at desc limit runs_looked_at) l) last on true
        where s.event = 'end' and j.enabled and (j.paused_at is null or j.paused_until <= clock_timestamp())
            and not exists (select from scheduler_private.event e where e.job = s.job and e.part = s.part)
            and not exists (select from scheduler_private.run r where r.job = s.job and r.state <> 'finished')
        limit fires_max
    ),
    fire as materialized (
        select i.job, i.part, i.due_at, scheduler_private.event_key(i.job, i.due_at, 'end' || i.mark) as run_key from idle i
    ),
    -- That very fire is in the ledger, and nothing later is known to have ended: it counts from now on.
    known as (
        update scheduler_private.subscription s set since = clock_timestamp()
        from fire f
        where s.event = 'end' and s.job = f.job
            and exists (select from scheduler_private.run r where r.due_at = f.due_at and r.run_key = f.run_key)
        returning s.job
    )
    insert into scheduler_private.event (run_key, job, due_at, cause, part)
    select f.run_key, f.job, f.due_at, 'end', f.part from fire f where f.job not in (select k.job from known k)
    on conflict do nothing;
    get diagnostics made = row_count;
    if made > 0 then
        perform pg_notify('scheduler_events', '');
    end if;
    delete from scheduler_private.gathering g where not exists (select from scheduler_private.subscription s where s.gathering = g.id);
    return made;
end $$;

CREATE FUNCTION scheduler_private.keep_gates() RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
    lock table scheduler_private.gate_lock in share mode nowait;
    return true;
exception when lock_not_available then
    return false;
end $$;

CREATE FUNCTION scheduler_private.kind_problem(kind text) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select case when count(*) > 0 and not coalesce(bool_or(kind_problem.kind = any (n.kinds)), false)
        then format('kind ''%s'' is known to no live node; runs of the job wait for one', kind_problem.kind) end
    from scheduler_private.node n
    where n.lease_until > clock_timestamp() and n.state <> 'stopped' and n.kinds <> '{}'
$$;

CREATE FUNCTION scheduler_private.listed(list jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    select string_agg(t.text, ', ' order by t.n) from jsonb_array_elements_text(list) with ordinality as t (text, n)
$$;

CREATE FUNCTION scheduler_private.local_time(written text) RETURNS timestamp without time zone
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
declare
    n constant integer[] := regexp_match(written, '^([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?$')::integer[];
begin
    if n is null or n[1] < 1 or n[2] not between 1 and 12 or n[4] > 23 or n[5] > 59 or coalesce(n[6], 0) > 59
        or n[3] not between 1 and scheduler_private.month_days(n[1], n[2]) then
        return null;
    end if;
    return make_timestamp(n[1], n[2], n[3], n[4], n[5], coalesce(n[6], 0));
end $_$;

CREATE FUNCTION scheduler_private.long_holder(relation regclass) RETURNS text
    LANGUAGE sql
    AS $$
    select format('process %s (%s) since %s', a.pid, coalesce(nullif(a.application_name, ''), 'no name'),
        to_char(a.xact_start at time zone 'UTC', 'HH24:MI:SS"Z"'))
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'relation' and l.relation = long_holder.relation and l.granted
        and l.database = (select d.oid from pg_database d where d.datname = current_database())
        and a.pid <> pg_backend_pid() and a.xact_start < clock_timestamp() - interval '250 milliseconds'
    order by a.xact_start limit 1
$$;

CREATE FUNCTION scheduler_private.matching_jobs(pattern text) RETURNS text[]
    LANGUAGE plpgsql STABLE
    AS $_$
declare
    names text[];
    near text;
begin
    if pattern is null or pattern !~ '^[a-z0-9._/*?{}-]{1,200}$' then
        raise exception 'pattern is %; expected a job''s name, in which * stands for any letters and ? for one',
            coalesce(scheduler_private.shown(to_jsonb(pattern)), 'empty') using errcode = 'invalid_parameter_value';
    end if;
    if pattern !~ '[*?]' then
        names := array(select j.name from scheduler.job j where j.name = pattern);
    else
        names := array(select j.name from scheduler.job j
            where j.name like replace(replace(replace(pattern, '_', '\_'), '*', '%'), '?', '_') order by j.name);
    end if;
    if cardinality(names) = 0 then
        near := scheduler_private.nearest(pattern, array(select j.name from scheduler.job j order by j.name));
        if near is null then
            raise exception 'there is no job %', scheduler_private.shown(to_jsonb(pattern)) using errcode = 'no_data_found', hint = 'see scheduler.job';
        end if;
        raise exception 'there is no job %', scheduler_private.shown(to_jsonb(pattern))
            using errcode = 'no_data_found', hint = format('did you mean %s?', quote_literal(near));
    end if;
    return names;
end $_$;

CREATE FUNCTION scheduler_private.message(c scheduler.channel, keys text[], listed_max integer, flips_max integer) RETURNS jsonb
    LANGUAGE sql STABLE
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
    with listed as (
        select a.*, row_number() over (order by a.open desc, a.severity = 'page' desc, a.severity = 'warning' desc, a.changed_at desc, a.key) as place
        from scheduler_private.alert a where a.channel = c.name and a.key = any (keys)
    )
    select jsonb_build_object('channel', c.name, 'at', clock_timestamp(), 'total', count(*),
        'open', count(*) filter (where l.open),
        'resolved', count(*) filter (where not l.open and l.event in ('failure', 'recovery', 'incident')),
        'happened', coalesce(sum(l.happened), 0),
        'alerts', coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('key', l.key, 'event', l.event, 'job', l.job, 'severity', l.severity,
            'status', case when l.open then 'open' when l.event in ('failure', 'recovery', 'incident') then 'resolved' else 'happened' end,
            'happened', nullif(l.happened, 0), 'since', l.since, 'at', l.changed_at, 'title', l.title,
            'reminder', case when l.pending_since is null then true end, 'flapping', case when l.flips >= flips_max and not l.flap_told then true end,
            'run_key', l.run_key, 'verdict', r.verdict, 'node', r.node, 'owner', j.owner,
            'detail', left(coalesce(l.detail, r.error, r.reason), 1000)))
            order by l.place) filter (where l.place <= listed_max), '[]'))
    from listed l
    left join lateral (select r.verdict, r.node, r.error, r.reason from scheduler_private.run r
                       where r.due_at = l.due_at and r.run_key = l.run_key and l.place <= listed_max) r on true
    left join scheduler.job j on j.name = l.job and l.place <= listed_max
$$;

CREATE FUNCTION scheduler_private.month_days(year integer, month integer) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    select case when month = 2 then case when year % 4 = 0 and (year % 100 <> 0 or year % 400 = 0) then 29 else 28 end
        when month in (4, 6, 9, 11) then 30 else 31 end
$$;

CREATE FUNCTION scheduler_private.nearest(name text, valid text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select near.candidate
    from (
        select c.candidate, scheduler_private.edits(nearest.name, c.candidate) as edits, c.place
        from unnest(valid) with ordinality as c (candidate, place)
        where abs(length(c.candidate) - length(nearest.name)) <= greatest(1, length(nearest.name) / 3) and length(nearest.name) between 1 and 256
            -- Each letter that the other word has not costs an edit: this leaves few to be compared in full.
            and length(translate(lower(c.candidate collate "C"), lower(nearest.name collate "C"), '')) <= greatest(1, length(nearest.name) / 3)
            and length(translate(lower(nearest.name collate "C"), lower(c.candidate collate "C"), '')) <= greatest(1, length(nearest.name) / 3)
            and (cardinality(valid) <= 1000 or left(c.candidate, 1) = left(nearest.name, 1) or right(c.candidate, 1) = right(nearest.name, 1))
    ) near
    where near.edits <= greatest(1, length(nearest.name) / 3) and near.edits < length(near.candidate)
    order by near.edits, near.place limit 1
$$;

CREATE FUNCTION scheduler_private.node_opened(lease bigint, former bigint DEFAULT NULL::bigint) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    present bigint[];
    due timestamptz;
begin
    select c.leases into present from scheduler_private.cluster_start c for update;
    if lease = any (present) then
        return false;
    end if;
    due := clock_timestamp();
    if node_opened.former is null then
        insert into scheduler_private.event (run_key, job, due_at, cause, part)
        select scheduler_private.event_key(s.job, due + s.delay, 's' || node_opened.lease || s.mark), s.job, due + s.delay,
            'node start ' || n.name, s.part
        from scheduler_private.subscription s join scheduler_private.node n on n.lease_id = node_opened.lease where s.event = 'node'
        order by s.place on conflict do nothing;
        perform pg_notify('scheduler_events', '');
    end if;
    present := array(select n.lease_id from scheduler_private.node n
                     where n.lease_id = any (present) and n.lease_until > clock_timestamp() and n.state <> 'stopped');
    if cardinality(present) > 0 or node_opened.former is not null then
        update scheduler_private.cluster_start c set leases = present || node_opened.lease;
        return false;
    end if;
    update scheduler_private.cluster_start c set leases = array[node_opened.lease], started_at = due;
    delete from scheduler_private.event e where e.cause = 'startup' and e.due_at > due;
    insert into scheduler_private.event (run_key, job, due_at, cause, part)
    select scheduler_private.event_key(s.job, due + s.delay, 'start' || s.mark), s.job, due + s.delay, 'startup', s.part
    from scheduler_private.subscription s where s.event = 'startup' order by s.place on conflict do nothing;
    perform pg_notify('scheduler_events', '');
    return true;
end $$;

CREATE FUNCTION scheduler_private.note_outage(node text, since timestamp with time zone, detail text) RETURNS void
    LANGUAGE sql
    AS $$
    insert into scheduler_private.incident (key, condition, severity, node, title, detail, opened_at, resolved_at)
    select 'node:' || note_outage.node || ':database', 'database_unreachable', 'page', note_outage.node,
        format('node %s could not reach the database', note_outage.node), left(note_outage.detail, 500), note_outage.since, clock_timestamp()
$$;

CREATE FUNCTION scheduler_private.note_success(job text, run_key text, due_at timestamp with time zone, notify smallint, failures_before integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    insert into scheduler_private.outbox (event, job, run_key, due_at, channels)
    select w.event, note_success.job, note_success.run_key, note_success.due_at, scheduler_private.channels_of(note_success.job)
    from (values ('success', note_success.notify & 4 <> 0), ('recovery', note_success.notify & 2 <> 0 and note_success.failures_before > 0),
        ('over', note_success.notify & 3 = 1 and note_success.failures_before > 0)) w (event, wanted)
    where w.wanted;
    if found then
        perform pg_notify('scheduler_outbox', '');
    end if;
end $$;

CREATE FUNCTION scheduler_private.note_told(channel text, keys text[], flips_max integer, calm_after interval) RETURNS void
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_variable
begin
    update scheduler_private.alert a
    set told = a.open, told_at = clock_timestamp(), happened = 0,
        -- Of one that comes and goes there is the end to tell: how it stands when it has calmed down.
        pending_since = case when a.flips >= flips_max and not a.flap_told then clock_timestamp() end,
        flap_told = a.flips >= flips_max and not a.flap_told,
        flips = case when a.flips >= flips_max and a.flap_told then 0 else a.flips end,
        flips_since = case when a.flips >= flips_max and a.flap_told then clock_timestamp() else a.flips_since end
    where a.channel = channel and a.key = any (keys);
    -- What only happened is over; what is closed stays for as long as its changes are counted (compose.sql deletes it).
    delete from scheduler_private.alert a
    where a.channel = channel and a.key = any (keys) and not a.open and a.pending_since is null
        and (a.event not in ('failure', 'recovery', 'incident') or a.folded);
end $$;

CREATE FUNCTION scheduler_private.notify_mask(notify jsonb) RETURNS smallint
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(bit_or(case o when 'failure' then 1 when 'recovery' then 2 when 'success' then 4 when 'missed' then 8 when 'skip' then 16
        when 'lost' then 32 when 'guard' then 64 when 'incident' then 128 when 'start' then 256 else 0 end), 0)::smallint
    from jsonb_array_elements_text(case when jsonb_typeof(notify -> 'on') = 'array' then notify -> 'on' else '[]' end) o
$$;

CREATE FUNCTION scheduler_private.notify_turn(node text, lease bigint, quiet text[], most integer) RETURNS TABLE(id bigint, attempts integer, dedupe_key text, what text, payload jsonb, channel text, kind text, settings jsonb)
    LANGUAGE plpgsql
    SET jit TO 'off'
    AS $$
#variable_conflict use_column
declare
    events_max constant integer := 5000;
    in_hand constant interval := interval '2 minutes';
begin
    -- Most clusters most of the time: nothing to do.
    if not exists (select from scheduler.channel c where c.enabled) then
        delete from scheduler_private.outbox;
        return;
    end if;
    if exists (select from scheduler_private.outbox) then
        perform scheduler_private.take_events(events_max);
    end if;
    perform scheduler_private.compose(c.name, coalesce(c.quiet = any (notify_turn.quiet), false)) from scheduler.channel c
    where c.enabled and (c.settings ? 'heartbeat' or exists (select from scheduler_private.alert a where a.channel = c.name));
    return query
    with head as materialized (
        select f.id from scheduler.channel c cross join lateral (
            select w.id from scheduler_private.notification w where w.channel = c.name and w.state = 'waiting' order by w.id limit 1) f
    ),
    mine as materialized (
        select n.id from scheduler_private.notification n
        where n.id in (select h.id from head h) and n.state = 'waiting' and n.next_try_at <= clock_timestamp()
            and (n.claimed_until is null or n.claimed_until < clock_timestamp() or not exists (
                select from scheduler_private.node o where o.lease_id = n.owner and o.lease_until > clock_timestamp() and o.state <> 'stopped'))
        order by n.id limit most for update skip locked
    )
    update scheduler_private.notification n
    set claimed_until = clock_timestamp() + in_hand, node = notify_turn.node, owner = lease, attempts = n.attempts + 1
    from mine m join scheduler_private.notification o on o.id = m.id join scheduler.channel c on c.name = o.channel
    where n.id = m.id
    returning n.id, n.attempts, n.dedupe_key, n.what, n.payload, n.channel, c.kind, c.settings;
end $$;

CREATE FUNCTION scheduler_private.of_startup(run_key text) RETURNS boolean
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
declare
    runs_max constant integer := 1000;
begin
    return (
        with recursive line (key) as (
            select of_startup.run_key
            union
            select before.key from line l
            join scheduler_private.run r on r.due_at = scheduler_private.due_of(l.key) and r.run_key = l.key and r.cause like 'after %'
            cross join lateral unnest(string_to_array(substr(r.cause, 7), ' and ')) before (key)
        )
        select coalesce(bool_and(coalesce(r.cause = 'startup' or r.cause like 'after %', false)), false) and count(*) <= runs_max
        from (select l.key from line l limit runs_max + 1) l
        left join scheduler_private.run r on r.due_at = scheduler_private.due_of(l.key) and r.run_key = l.key);
end $$;

CREATE FUNCTION scheduler_private.params_problem(whole text, OUT part text, OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql STABLE
    AS $_$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'events';
    plain constant text := trim(regexp_replace(whole, '[ \t\n\r]+', ' ', 'g'));
    groups text[] := regexp_match(plain, grammar ->> 'with_pattern');
    repair jsonb;
begin
    part := whole;
    if groups is null then
        if plain !~ (grammar ->> 'with_slip') or coalesce((select f.event is not null and f.problem is null from scheduler_private.event_form(plain) f), false) then
            return;
        end if;
        problem := ': ' || (grammar ->> 'wrong_params');
    else
        problem := scheduler_private.params_wrong(string_to_array(groups[2], ' '));
        part := groups[1];
        if problem is null then
            return;
        end if;
    end if;
    problem := format('schedule ''%s''%s', whole, problem);
    groups := regexp_match(plain, '^(.*) with (.*)$');
    if groups is null then
        return;
    end if;
    meant := groups[2];
    for repair in select * from jsonb_array_elements(grammar -> 'param_repairs') loop
        meant := regexp_replace(meant, repair ->> 'pattern', repair ->> 'put', 'g');
    end loop;
    meant := groups[1] || ' with ' || trim(meant);
    groups := regexp_match(meant, grammar ->> 'with_pattern');
    if meant = plain or groups is null or scheduler_private.params_wrong(string_to_array(groups[2], ' ')) is not null then
        meant := null;
    end if;
end $_$;

CREATE FUNCTION scheduler_private.params_wrong(pairs text[]) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'events';
    twice text;
begin
    if cardinality(pairs) > (grammar -> 'params_max')::integer then
        return ' ' || (grammar ->> 'too_many_params');
    elsif exists (select from unnest(pairs) p where p !~ (grammar ->> 'param')) then
        return ': ' || (grammar ->> 'wrong_params');
    end if;
    select split_part(p, '=', 1) into twice from unnest(pairs) with ordinality as e (p, n) group by 1 having count(*) > 1 order by min(n) limit 1;
    return ' ' || replace(grammar ->> 'param_twice', '{0}', twice);
end $$;

CREATE FUNCTION scheduler_private.refuse(job text, "column" text, problem text, meant text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    if meant is null then
        raise exception 'job %: %', scheduler_private.shown(to_jsonb(job)), problem
            using errcode = 'check_violation', schema = 'scheduler', table = 'job', column = refuse."column";
    else
        raise exception 'job %: %', scheduler_private.shown(to_jsonb(job)), problem
            using errcode = 'check_violation', hint = format('did you mean %s?', quote_literal(meant)),
                  schema = 'scheduler', table = 'job', column = refuse."column";
    end if;
end $$;

CREATE FUNCTION scheduler_private.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception '% of %.% is refused: versions of jobs are only added', lower(tg_op), tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege', hint = 'scheduler.undo(name) restores a former version as a new one';
end $$;

CREATE FUNCTION scheduler_private.refuse_trial() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'this transaction only tries edits (scheduler.begin_trial); expected a rollback'
        using errcode = 'invalid_transaction_termination';
end $$;

CREATE FUNCTION scheduler_private.refuse_verdict(run_key text) RETURNS text
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'run % has another owner or token, or its verdict', quote_literal(run_key) using errcode = 'SR001';
end $$;

CREATE FUNCTION scheduler_private.rrule_number(key jsonb, value text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    select case when abs(n.number) between (key -> 'min')::integer and (key -> 'max')::integer then n.number end
    from (select case when value ~ (case when (key -> 'from_end')::boolean then '^[+-]?' else '^' end || '[0-9]{1,' || length(key ->> 'max') || '}$')
                 then value::integer end as number) n
$_$;

CREATE FUNCTION scheduler_private.rrule_parts_problem(given jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'rule';
    frequency constant text := given ->> 'FREQ';
    numbered_with constant jsonb := grammar -> 'numbered_with';
    chooses constant text := grammar ->> 'chooses';
    key jsonb;
    numbered text;
begin
    if given ?& array(select jsonb_array_elements_text(grammar -> 'only_one_of')) then
        return array_to_string(array(select jsonb_array_elements_text(grammar -> 'only_one_of')), ' and ') || ' are both given; expected one of them';
    end if;
    for key in select k from jsonb_array_elements(grammar -> 'keys') with ordinality as e (k, n)
        where given ? (k ->> 'name') and not k -> 'with' ? frequency order by n
    loop
        return format('%s has no meaning with FREQ=%s; expected it with FREQ=%s', key ->> 'name', frequency, scheduler_private.listed(key -> 'with'));
    end loop;
    select d into numbered from unnest(string_to_array(given ->> 'BYDAY', ',')) with ordinality as e (d, n) where length(d) > 2 order by n limit 1;
    if numbered is not null then
        numbered := left(numbered, -2)::integer || right(numbered, 2);
        if not numbered_with ? frequency then
            return format('BYDAY is ''%s'': a number has no meaning with FREQ=%s; expected %s, or FREQ=%s', numbered, frequency, right(numbered, 2),
                scheduler_private.listed(numbered_with));
        elsif given ? (grammar ->> 'numbered_without') then
            return format('BYDAY is ''%s'': a number has no meaning beside %s; expected %s', numbered, grammar ->> 'numbered_without', right(numbered, 2));
        end if;
    end if;
    if given ? chooses and not exists (select from jsonb_object_keys(given) k where k <> chooses and starts_with(k, 'BY')) then
        return chooses || ' stands alone; expected it beside another BY part, such as BYDAY, to choose from';
    end if;
    return null;
end $$;

CREATE FUNCTION scheduler_private.rrule_problem(part text, words text[], has_starts boolean, OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'rule';
    rule_max constant integer := (scheduler_private.schedule_grammar() #>> '{limits,rule}')::integer;
    names constant text[] := (grammar ->> 'names')::text[];
    needs_starts constant text := grammar ->> 'needs_starts';
    given jsonb := '{}';
    piece text;
    name text;
    key jsonb;
    value text;
begin
    if cardinality(words) <> 2 or length(words[2]) > rule_max then
        problem := format('schedule ''%s'' cannot be read; expected ''rrule'' and one rule without blanks of at most %s characters, such as '
            '''rrule FREQ=MONTHLY;BYDAY=2MO;BYHOUR=9''', part, rule_max);
        return;
    end if;
    foreach piece in array string_to_array(regexp_replace(upper(words[2] collate "C"), '^RRULE:', ''), ';') loop
        name := split_part(piece, '=', 1);
        value := substr(piece, length(name) + 2);
        if not (name = any (names)) then
            problem := format('''%s'' is no part of a rule', name);
            meant := scheduler_private.nearest(name, names);
            problem := problem || case when meant is null then '; expected one of ' || array_to_string(names, ', ') else '' end;
        elsif value = '' then
            problem := format('%s has no value; expected %s= and %s', name, name, grammar #>> array['keys', (array_position(names, name) - 1)::text, 'expected']);
        elsif given ? name then
            problem := format('%s is given twice; expected it once', name);
        end if;
        exit when problem is not null;
        given := given || jsonb_build_object(name, value);
    end loop;
    if problem is null and not given ? 'FREQ' then
        problem := 'FREQ is not given; expected FREQ= and one of ' || scheduler_private.listed(grammar -> 'frequencies');
    end if;
    if problem is null then
        for key in select k from jsonb_array_elements(grammar -> 'keys') with ordinality as e (k, n) where given ? (k ->> 'name') order by n loop
            select v.problem, v.meant into problem, meant from scheduler_private.rrule_value_problem(key, given ->> (key ->> 'name')) v;
            exit when problem is not null;
        end loop;
    end if;
    problem := coalesce(problem, scheduler_private.rrule_parts_problem(given));
    if problem is not null then
        problem := format('schedule ''%s'': %s', part, problem);
    elsif given ? needs_starts and not has_starts then
        problem := format('schedule ''%s'': %s counts from the job''s ''starts'', and it has none; expected ''starts'', or UNTIL instead', part, needs_starts);
    end if;
end $$;

CREATE FUNCTION scheduler_private.rrule_value_problem(key jsonb, value text, OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    AS $_$
declare
    form constant text := key ->> 'form';
    valid constant text[] := array(select jsonb_array_elements_text(scheduler_private.schedule_grammar() -> 'rule' -> case form
        when 'Frequency' then 'frequencies' else 'weekdays' end));
    one text;
begin
    if form in ('Frequency', 'Weekday') then
        if not (value = any (valid)) then
            meant := scheduler_private.nearest(value, valid);
            problem := format('%s is ''%s''%s', key ->> 'name', value,
                case when meant is null then '; expected one of ' || array_to_string(valid, ', ') else '' end);
        end if;
        return;
    end if;
    foreach one in array case when form in ('Number', 'Instant') then array[value] else string_to_array(value, ',') end loop
        if form = 'Instant' then
            continue when one ~ '^[0-9]{8}(?:T[0-9]{6}Z?)?$' and scheduler_private.local_time(
                regexp_replace(left(one || 'T000000', 15), '^(....)(..)(..)T(..)(..)(..)$', '\1-\2-\3T\4:\5:\6')) is not null;
        elsif form = 'Weekdays' then
            continue when right(one, 2) = any (valid)
                and (length(one) = 2 or scheduler_private.rrule_number(key, left(one, -2)) is not null);
            meant := scheduler_private.nearest(one, valid);
        else
            continue when scheduler_private.rrule_number(key, one) is not null;
        end if;
        problem := format('%s is ''%s''%s', key ->> 'name', one, case when meant is null then '; expected ' || (key ->> 'expected') else '' end);
        return;
    end loop;
end $_$;

CREATE FUNCTION scheduler_private.run_partitions() RETURNS TABLE(partition regclass, from_at timestamp with time zone, until_at timestamp with time zone)
    LANGUAGE sql STABLE
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO'
    AS $_$
    select i.inhrelid::regclass,
        case when b.bound[1] = 'MINVALUE' then '-infinity' else trim('''' from b.bound[1]) end::timestamptz as from_at,
        case when b.bound[2] = 'MAXVALUE' then 'infinity' else trim('''' from b.bound[2]) end::timestamptz as until_at
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    cross join lateral regexp_match(pg_get_expr(c.relpartbound, c.oid), '^FOR VALUES FROM \((.+)\) TO \((.+)\)$') as b (bound)
    where i.inhparent = 'scheduler_private.run'::regclass and b.bound is not null
    order by 2
$_$;

CREATE FUNCTION scheduler_private.schedule_grammar() RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
select $json${
  "limits": {
    "schedule": 1000,
    "parts": 20,
    "part": 500,
    "rule": 500,
    "slip_words": 9,
    "duration": 60
  },
  "expected": "expected 5 cron fields (minute hour day month weekday), 6 or 7 Quartz fields, a macro such as @daily, 'every 5m', 'every 5m after end', 'at 2026-12-01T02:00:00Z', 'rrule FREQ=…', 'after JOB', 'on startup', 'on release', 'on node start', 'on notify CHANNEL', or 'manual'",
  "rule_key": "^[^ \t\n\r=]+[ \t\n\r]*=",
  "words": "{every,at,rrule,after,on,manual}",
  "duration": {
    "once": "(?:[0-9]{1,9}(?:\\.[0-9]{1,9})?)? ?(?:days?|d|weeks?|w|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?: |, ?|(?=[0-9])|$)",
    "iso": "^p([0-9]+[wd])?(?:t([0-9]+h)?([0-9]+m)?([0-9]+s)?)?$"
  },
  "slips": [
    {
      "pattern": "@every (.+)",
      "why": "is not known",
      "meant": "every {every:1}",
      "cased": false,
      "needs": "@every "
    },
    {
      "pattern": "@every .+",
      "why": "has an interval that cannot be read; expected 'every' and whole seconds, such as 'every 30s' or 'every 1h30m'; what is to follow at once can be due 'on notify CHANNEL'",
      "meant": null,
      "cased": false,
      "needs": "@every "
    },
    {
      "pattern": "@reboot|@startup",
      "why": "is not known",
      "meant": "on startup",
      "cased": false,
      "needs": "@"
    },
    {
      "pattern": "@?(?:every_)?minute|@?minutely",
      "why": "is not known",
      "meant": "* * * * *",
      "cased": false,
      "needs": "minute"
    },
    {
      "pattern": "@secondly|@?every_second",
      "why": "is not known",
      "meant": "every 1s",
      "cased": false,
      "needs": "second"
    },
    {
      "pattern": "@?(?:weekdays?|workdays?|business days?)",
      "why": "is not known",
      "meant": "0 0 * * MON-FRI",
      "cased": false,
      "needs": "day"
    },
    {
      "pattern": "@?weekends?",
      "why": "is not known",
      "meant": "0 0 * * SAT,SUN",
      "cased": false,
      "needs": "weekend"
    },
    {
      "pattern": "@?quarterly",
      "why": "is not known",
      "meant": "0 0 1 */3 *",
      "cased": false,
      "needs": "quarterly"
    },
    {
      "pattern": "@?(?:semiannually|semi-annually|biannually)",
      "why": "is not known",
      "meant": "0 0 1 1,7 *",
      "cased": false,
      "needs": "annually"
    },
    {
      "pattern": "@?(daily|hourly|weekly|monthly|yearly|annually)",
      "why": "is not known",
      "meant": "@{1}",
      "cased": false,
      "needs": "ly"
    },
    {
      "pattern": "@?(midnight)",
      "why": "is not known",
      "meant": "@{1}",
      "cased": false,
      "needs": "midnight"
    },
    {
      "pattern": "(?:every )?(sun|mon|tue|wed|thu|fri|sat)[a-z]* ?(?:-|\\.\\.| to ) ?(sun|mon|tue|wed|thu|fri|sat)[a-z]*",
      "why": "names days but no time; expected 5 cron fields",
      "meant": "0 0 * * {day:1}-{day:2}",
      "cased": false,
      "needs": ""
    },
    {
      "pattern": "(?:every |on )?(sun|mon|tue|wed|thu|fri|sat)[a-z]*",
      "why": "names a day but no time; expected 5 cron fields",
      "meant": "0 0 * * {day:1}",
      "cased": false,
      "needs": ""
    },
    {
      "pattern": "rate ?\\((.+)\\)",
      "why": "is written for AWS; an interval is written 'every'",
      "meant": "every {every:1}",
      "cased": false,
      "needs": "rate"
    },
    {
      "pattern": "cron ?\\(([^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+)\\)",
      "why": "is written for AWS; expected the fields alone, with the seconds before them",
      "meant": "0 {1}",
      "cased": false,
      "needs": "cron"
    },
    {
      "pattern": "cron ?\\(([^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+)\\)",
      "why": "is written with 'cron(…)'; expected the fields alone",
      "meant": "{1}",
      "cased": false,
      "needs": "cron"
    },
    {
      "pattern": "([^ ]+ [^ ]+ [^ ]+ [^ ?]+ \\? [^ ]+|[^ ]+ [^ ]+ \\? [^ ?]+ [^ ?]+ [^ ]+)",
      "why": "has the six fields of AWS, minute first and year last; expected the seconds before them",
      "meant": "0 {1}",
      "cased": false,
      "needs": "?"
    },
    {
      "pattern": "(?:CRON_TZ|TZ)=([^ ]+) (.+)",
      "why": "names a time zone; expected '{1}' as the job's time_zone, and as the schedule the rest",
      "meant": "{2}",
      "cased": false,
      "needs": "tz="
    },
    {
      "pattern": "(.+ .+ .+ .+ .+) ([A-Z][A-Za-z_]+/[A-Za-z0-9_+/-]+|UTC|GMT|CET|EST|PST)",
      "why": "ends with a time zone; expected '{2}' as the job's time_zone, and as the schedule the rest",
      "meant": "{1}",
      "cased": true,
      "needs": ""
    },
    {
      "pattern": "([0-9]+)000",
      "why": "is a number without a unit; milliseconds are written as an interval",
      "meant": "every {every:1s}",
      "cased": false,
      "needs": "000"
    },
    {
      "pattern": "([0-9]+)",
      "why": "is a number without a unit; expected 'every' and a duration",
      "meant": "every {every:1s}",
      "cased": false,
      "needs": ""
    },
    {
      "pattern": "(?:every )?[0-9.]+ ?(?:ms|milliseconds?|us|ns)",
      "why": "is no number of whole seconds; expected at least 'every 1s', or 'on notify CHANNEL' for what is to follow at once",
      "meant": null,
      "cased": false,
      "needs": "s"
    },
    {
      "pattern": "(?:every )?(.+)",
      "why": "cannot be read; an interval is written 'every' and its length",
      "meant": "every {every:1}",
      "cased": false,
      "needs": ""
    },
    {
      "pattern": "(?:\\*-\\*-\\* )?\\*:0?/([0-9]+)(?::00?)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "*/{1} * * * *",
      "cased": false,
      "needs": "*:"
    },
    {
      "pattern": "\\*-\\*-\\* ([0-9]{1,2}):([0-9]{2})(?::00)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "{n:2} {n:1} * * *",
      "cased": false,
      "needs": "*-*-* "
    },
    {
      "pattern": "\\*-\\*-([0-9]{1,2}) ([0-9]{1,2}):([0-9]{2})(?::00)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "{n:3} {n:2} {n:1} * *",
      "cased": false,
      "needs": "*-*-"
    },
    {
      "pattern": "\\*-([0-9]{1,2})-([0-9]{1,2}) ([0-9]{1,2}):([0-9]{2})(?::00)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "{n:4} {n:3} {n:2} {n:1} *",
      "cased": false,
      "needs": "*-"
    },
    {
      "pattern": "(sun|mon|tue|wed|thu|fri|sat)[a-z]*(?:\\.\\.|-)(sun|mon|tue|wed|thu|fri|sat)[a-z]*(?: \\*-\\*-\\*)? ([0-9]{1,2}):([0-9]{2})(?::00)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "{n:4} {n:3} * * {day:1}-{day:2}",
      "cased": false,
      "needs": ":"
    },
    {
      "pattern": "(sun|mon|tue|wed|thu|fri|sat)[a-z]*(?: \\*-\\*-\\*)? ([0-9]{1,2}):([0-9]{2})(?::00)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "{n:3} {n:2} * * {day:1}",
      "cased": false,
      "needs": ":"
    },
    {
      "pattern": "([0-9]{1,2}):([0-9]{2})",
      "why": "is a time of day; expected 5 cron fields",
      "meant": "{n:2} {n:1} * * *",
      "cased": false,
      "needs": ":"
    },
    {
      "pattern": "([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)",
      "why": "is an instant; expected 'at' before it",
      "meant": "at {1}",
      "cased": false,
      "needs": ":"
    }
  ],
  "finer": "[0-9](?:ms|us|ns)$|^0?[.][0-9]+s",
  "at": {
    "form": "^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)([Zz]|[+-][0-9]{2}:[0-9]{2})?$",
    "expected": "expected 'at' and an instant such as 2026-12-01T02:00:00Z, 2026-12-01T02:00:00+01:00, or 2026-12-01T02:00 in the job's time zone",
    "meant": "^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ Tt]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.]0+)?)? ?(?:([+-][0-9]{2})(?::?([0-9]{2}))?|([Zz]))?$"
  },
  "macros": "{@hourly,@daily,@weekly,@monthly,@yearly,@annually,@midnight}",
  "cron": {
    "unix": [
      {
        "name": "minute",
        "lowest": 0,
        "highest": 59,
        "step_most": 59,
        "expected": "0-59",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 60
      },
      {
        "name": "hour",
        "lowest": 0,
        "highest": 23,
        "step_most": 23,
        "expected": "0-23",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 24
      },
      {
        "name": "day of month",
        "lowest": 1,
        "highest": 31,
        "step_most": 31,
        "expected": "1-31",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": "^(?:L(?:-([0-9]{1,2}))?(W)?|([0-9]{1,2})W)$",
        "special_expected": ", L, L-3, LW, 15W",
        "wraps": true,
        "round": 31
      },
      {
        "name": "month",
        "lowest": 1,
        "highest": 12,
        "step_most": 12,
        "expected": "1-12 or JAN-DEC",
        "names": "{JAN,FEB,MAR,APR,MAY,JUN,JUL,AUG,SEP,OCT,NOV,DEC}",
        "names_from": 1,
        "item": "^(?:(\\*)|([0-9]{1,4}|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(?:-([0-9]{1,4}|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 12
      },
      {
        "name": "day of week",
        "lowest": 0,
        "highest": 7,
        "step_most": 7,
        "expected": "0-7 or SUN-SAT",
        "names": "{SUN,MON,TUE,WED,THU,FRI,SAT}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4}|SUN|MON|TUE|WED|THU|FRI|SAT)(?:-([0-9]{1,4}|SUN|MON|TUE|WED|THU|FRI|SAT))?)(?:/([0-9]{1,4}))?$",
        "special": "^(?:L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)#([1-5]))$",
        "special_expected": ", FRIL, FRI#2",
        "wraps": true,
        "round": 7
      }
    ],
    "quartz": [
      {
        "name": "second",
        "lowest": 0,
        "highest": 59,
        "step_most": 59,
        "expected": "0-59",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 60
      },
      {
        "name": "minute",
        "lowest": 0,
        "highest": 59,
        "step_most": 59,
        "expected": "0-59",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 60
      },
      {
        "name": "hour",
        "lowest": 0,
        "highest": 23,
        "step_most": 23,
        "expected": "0-23",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 24
      },
      {
        "name": "day of month",
        "lowest": 1,
        "highest": 31,
        "step_most": 31,
        "expected": "1-31",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": "^(?:L(?:-([0-9]{1,2}))?(W)?|([0-9]{1,2})W)$",
        "special_expected": ", L, L-3, LW, 15W",
        "wraps": true,
        "round": 31
      },
      {
        "name": "month",
        "lowest": 1,
        "highest": 12,
        "step_most": 12,
        "expected": "1-12 or JAN-DEC",
        "names": "{JAN,FEB,MAR,APR,MAY,JUN,JUL,AUG,SEP,OCT,NOV,DEC}",
        "names_from": 1,
        "item": "^(?:(\\*)|([0-9]{1,4}|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(?:-([0-9]{1,4}|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 12
      },
      {
        "name": "day of week",
        "lowest": 1,
        "highest": 7,
        "step_most": 7,
        "expected": "1-7 (1 is Sunday) or SUN-SAT",
        "names": "{SUN,MON,TUE,WED,THU,FRI,SAT}",
        "names_from": 1,
        "item": "^(?:(\\*)|([0-9]{1,4}|SUN|MON|TUE|WED|THU|FRI|SAT)(?:-([0-9]{1,4}|SUN|MON|TUE|WED|THU|FRI|SAT))?)(?:/([0-9]{1,4}))?$",
        "special": "^(?:L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)#([1-5]))$",
        "special_expected": ", FRIL, FRI#2",
        "wraps": true,
        "round": 7
      },
      {
        "name": "year",
        "lowest": 1970,
        "highest": 2299,
        "step_most": 329,
        "expected": "1970-2299",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": false,
        "round": 330
      }
    ]
  },
  "cron_units": {
    "second": "s",
    "minute": "m",
    "hour": "h"
  },
  "cron_years": {
    "first": 1970,
    "last": 2299
  },
  "cron_slips": [
    {
      "of": "",
      "pattern": "^[?]$",
      "why": "is for a day of month or a day of week only; expected *",
      "put": "*",
      "needs": "?"
    },
    {
      "of": "",
      "pattern": "^H(?:[(][0-9]+-[0-9]+[)])?(?:/[0-9]+)?$",
      "why": "is Jenkins' way to keep jobs apart; expected a number or *, and the job's key spread, such as spread: 15m",
      "put": null,
      "needs": "H"
    },
    {
      "of": "day of month",
      "pattern": "^[$]$",
      "why": "is pg_cron's last day; expected L",
      "put": "L",
      "needs": "$"
    },
    {
      "of": "day of month",
      "pattern": "^LW-[0-9]+$",
      "why": "could count days or weekdays; expected LW, or L-2W for the weekday nearest to the last day but two",
      "put": null,
      "needs": "LW-"
    },
    {
      "of": "day of week",
      "pattern": "^(?:L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)#([1-5]))$",
      "why": "has {0} beside others; expected it alone, and a part of the schedule for each, separated by ;",
      "put": null,
      "needs": ""
    },
    {
      "of": "day of week",
      "pattern": "^[0-9A-Z]+#[0-9]+$",
      "why": "is no weekday of a month; expected # and 1 to 5 behind one weekday, as in FRI#2",
      "put": null,
      "needs": "#"
    },
    {
      "of": "",
      "pattern": "^([0-9A-Z]+)/([0-9]+)-([0-9A-Z]+)$",
      "why": null,
      "put": "{1}-{3}/{2}",
      "needs": "/"
    }
  ],
  "cron_name_length": 3,
  "cron_three": "^[0-9A-Z]+(?:-[0-9A-Z]+){2,}$",
  "rule": {
    "frequencies": [
      "YEARLY",
      "MONTHLY",
      "WEEKLY",
      "DAILY",
      "HOURLY",
      "MINUTELY",
      "SECONDLY"
    ],
    "weekdays": [
      "SU",
      "MO",
      "TU",
      "WE",
      "TH",
      "FR",
      "SA"
    ],
    "keys": [
      {
        "name": "FREQ",
        "form": "Frequency",
        "min": 0,
        "max": 0,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY, SECONDLY"
      },
      {
        "name": "INTERVAL",
        "form": "Number",
        "min": 1,
        "max": 999999999,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 999999999"
      },
      {
        "name": "COUNT",
        "form": "Number",
        "min": 1,
        "max": 10000,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 10000"
      },
      {
        "name": "UNTIL",
        "form": "Instant",
        "min": 0,
        "max": 0,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "a time such as 20261231T235959Z in UTC, 20261231T235959 in the job's time zone, or a whole day such as 20261231"
      },
      {
        "name": "BYSECOND",
        "form": "Numbers",
        "min": 0,
        "max": 60,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "0 to 60"
      },
      {
        "name": "BYMINUTE",
        "form": "Numbers",
        "min": 0,
        "max": 59,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "0 to 59"
      },
      {
        "name": "BYHOUR",
        "form": "Numbers",
        "min": 0,
        "max": 23,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "0 to 23"
      },
      {
        "name": "BYDAY",
        "form": "Weekdays",
        "min": 1,
        "max": 53,
        "from_end": true,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "SU, MO, TU, WE, TH, FR, SA, or one with 1 to 53 or -1 to -53 before it, such as 2MO or -1FR"
      },
      {
        "name": "BYMONTHDAY",
        "form": "Numbers",
        "min": 1,
        "max": 31,
        "from_end": true,
        "with": [
          "YEARLY",
          "MONTHLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 31 or -1 to -31"
      },
      {
        "name": "BYYEARDAY",
        "form": "Numbers",
        "min": 1,
        "max": 366,
        "from_end": true,
        "with": [
          "YEARLY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 366 or -1 to -366"
      },
      {
        "name": "BYWEEKNO",
        "form": "Numbers",
        "min": 1,
        "max": 53,
        "from_end": true,
        "with": [
          "YEARLY"
        ],
        "expected": "1 to 53 or -1 to -53"
      },
      {
        "name": "BYMONTH",
        "form": "Numbers",
        "min": 1,
        "max": 12,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 12"
      },
      {
        "name": "BYSETPOS",
        "form": "Numbers",
        "min": 1,
        "max": 366,
        "from_end": true,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 366 or -1 to -366"
      },
      {
        "name": "WKST",
        "form": "Weekday",
        "min": 0,
        "max": 0,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "one of SU, MO, TU, WE, TH, FR, SA"
      }
    ],
    "names": "{FREQ,INTERVAL,COUNT,UNTIL,BYSECOND,BYMINUTE,BYHOUR,BYDAY,BYMONTHDAY,BYYEARDAY,BYWEEKNO,BYMONTH,BYSETPOS,WKST}",
    "only_one_of": [
      "COUNT",
      "UNTIL"
    ],
    "numbered_with": [
      "YEARLY",
      "MONTHLY"
    ],
    "numbered_without": "BYWEEKNO",
    "chooses": "BYSETPOS",
    "needs_starts": "COUNT"
  },
  "events": {
    "jobs_max": 10,
    "length_min": 1,
    "delay_max": 31536000,
    "interval_max": 3153600000,
    "params_max": 20,
    "job_name": "^[a-z0-9._/-]{1,200}$",
    "channel_name": "^[a-z_][a-z0-9_]{0,62}$",
    "own_channels": "^scheduler_",
    "with_pattern": "^(.+) with ([^ =]+=[^ ]+(?: [^ =]+=[^ ]+)*)$",
    "with_slip": "^(.+) with(?: .*)?$",
    "param": "^([^ =;,'\"{}]{1,100})=([^ ;,'\"]+)$",
    "outcomes": [
      "success",
      "failure",
      "any"
    ],
    "keywords": "{after,and,on,success,failure,any,from,startup,release,node,start,notify,every,end,with}",
    "forms": [
      {
        "event": "after",
        "head": "after",
        "pattern": "^after ([^ ]+(?: and [^ ]+)*)(?: on ([^ ]+))?( from startup)?(?: \\+ ([^ ]+))?$",
        "slots": [
          "Jobs",
          "Outcome",
          "FromStartup",
          "Delay"
        ]
      },
      {
        "event": "startup",
        "head": "on",
        "pattern": "^on startup(?: \\+ ([^ ]+))?$",
        "slots": [
          "Delay"
        ]
      },
      {
        "event": "release",
        "head": "on",
        "pattern": "^on release(?: \\+ ([^ ]+))?$",
        "slots": [
          "Delay"
        ]
      },
      {
        "event": "node",
        "head": "on",
        "pattern": "^on node start(?: \\+ ([^ ]+))?$",
        "slots": [
          "Delay"
        ]
      },
      {
        "event": "notify",
        "head": "on",
        "pattern": "^on notify ([^ ]+)(?: \\+ ([^ ]+))?$",
        "slots": [
          "Channel",
          "Delay"
        ]
      },
      {
        "event": "end",
        "head": "every",
        "pattern": "^every ([^ ]+) after end$",
        "slots": [
          "Interval"
        ]
      }
    ],
    "every_after": "^every .* (?:after|since|from) ",
    "expected": {
      "after": "expected 'after JOB' or 'after JOB and JOB', behind it 'on failure' or 'on any', 'from startup', '+ 5m', each or none, in this order",
      "on": "expected 'on startup', 'on release', 'on node start' or 'on notify CHANNEL', behind it '+ 5m' or nothing",
      "every": "expected 'every' and a duration, and behind it 'after end' or nothing, such as 'every 5m after end'"
    },
    "wrong": {
      "Jobs": "'{0}' is no job name; expected lower-case letters, digits and . _ - /",
      "Outcome": "'{0}' is no outcome; expected success, failure or any",
      "Delay": "'{0}' is no delay; expected a duration of whole seconds from 1s to 365d, such as 15m",
      "Interval": "'{0}' is no interval; expected a duration of whole seconds from 1s to 36500d, such as 5m; what is to follow at once can be due 'on notify CHANNEL'",
      "Channel": "'{0}' is no channel; expected at most 63 lower-case letters, digits and _, not beginning with a digit"
    },
    "too_many_jobs": "names more than 10 jobs; expected at most 10",
    "job_twice": "names '{0}' twice; expected each job once",
    "several_ends": "has several parts 'after end'; expected one",
    "own_channel": "channels named scheduler_… are the scheduler's own; expected another name",
    "wrong_params": "what stands behind 'with' cannot be read; expected NAME=VALUE, such as mode=full, several separated by blanks, without quotes, commas and semicolons",
    "param_twice": "gives '{0}' twice; expected each param once",
    "too_many_params": "gives more than 20 params; expected at most 20",
    "refusals": [
      {
        "pattern": "^on notify$",
        "why": "cannot be read; expected 'on notify' and one channel"
      },
      {
        "pattern": "^after .+ or .+",
        "why": "waits for one of several jobs; expected a part for each, separated by ;, such as 'after a; after b'"
      },
      {
        "pattern": "^after .+ not .+",
        "why": "cannot be read; what failed is followed by 'after JOB on failure'"
      },
      {
        "pattern": "^every .+ after end \\+ ",
        "why": "has a delay behind an interval; expected the interval alone"
      }
    ],
    "repairs": [
      {
        "head": "on",
        "pattern": "^on (?:the )?(?:cluster )?(?:start ?up|started|start|boot|reboot)(?=[ +]|$)",
        "put": "on startup"
      },
      {
        "head": "on",
        "pattern": "^on (?:each |every |all )?nodes?(?: ?(?:start ?up|started|start|up|joined|join|live))?(?=[ +]|$)",
        "put": "on node start"
      },
      {
        "head": "on",
        "pattern": "^on (?:new )?(?:deploy|deployment|deployed|edit|change|version|update|released)(?=[ +]|$)",
        "put": "on release"
      },
      {
        "head": "on",
        "pattern": "^on (?:channel|listen|notification|notify channel) ",
        "put": "on notify "
      },
      {
        "head": "after",
        "pattern": "^after (?:all of |both |the end of |end of |success of )",
        "put": "after "
      },
      {
        "head": "after",
        "pattern": " ?(?:,|&&?) ?(?:and )?",
        "put": " and "
      },
      {
        "head": "after",
        "pattern": " from (?:the )?(?:cluster )?(?:start ?up|start|boot|reboot)(?=[ +]|$)",
        "put": " from startup"
      },
      {
        "head": "after",
        "pattern": "( from startup) on ([a-z]+)(?=[ +]|$)",
        "put": " on \\2\\1"
      },
      {
        "head": "after",
        "pattern": " (?:(?:on|if|when|has|have) )?(?:it )?(?:success|succeeds|succeeded|succeed|successful|ok)(?=[ +]|$)",
        "put": " on success"
      },
      {
        "head": "after",
        "pattern": " (?:(?:on|if|when|has|have) )?(?:it )?(?:failure|failures|fail|fails|failed|error|errors)(?=[ +]|$)",
        "put": " on failure"
      },
      {
        "head": "after",
        "pattern": " (?:on|if|when) (?:it )?(?:always|all|both|either|end|ends|ended|completion|complete|completed|finish|finished|done)(?=[ +]|$)",
        "put": " on any"
      },
      {
        "head": "every",
        "pattern": "^every (.+) (?:after|since|from) (?:(?:its|the|each|last|previous|run|job|own|a) )*(?:end|ends|ended|finish|finishes|finished|completion|completes|completed|done|run)(?: of .*)?(?=[ +]|$)",
        "put": "every \\1 after end"
      },
      {
        "head": "every",
        "pattern": "^every (.+) after (?!end(?: |$))([^ +]+)$",
        "put": "after \\2 + \\1"
      },
      {
        "head": "",
        "pattern": " ?(?:\\+|plus|delayed by) ?",
        "put": " + "
      }
    ],
    "durations": [
      "^(every )(.+)( after end)$",
      "^(.+ \\+ )([^+]+)()$"
    ],
    "param_repairs": [
      {
        "pattern": " ?= ?",
        "put": "="
      },
      {
        "pattern": ": ",
        "put": "="
      },
      {
        "pattern": "['\"]",
        "put": ""
      },
      {
        "pattern": " ?[,;] ?",
        "put": " "
      }
    ]
  }
}$json$::jsonb
$_$;

CREATE FUNCTION scheduler_private.schedule_part_problem(part text, time_zone text, starts timestamp with time zone, OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql STABLE
    AS $$
declare
    expected constant text := scheduler_private.schedule_grammar() ->> 'expected';
    part_max constant integer := (scheduler_private.schedule_grammar() #>> '{limits,part}')::integer;
    macros constant text[] := (scheduler_private.schedule_grammar() ->> 'macros')::text[];
    words constant text[] := regexp_split_to_array(part, '[ \t\n\r]+');
    count constant integer := cardinality(words);
    slip record;
    near text;
begin
    if length(part) > part_max then
        problem := format('a part of the schedule has %s characters; expected at most %s', length(part), part_max);
    elsif part = '' then
        problem := 'a schedule is empty; ' || expected;
    elsif part = 'manual' then
        problem := 'schedule ''manual'' stands beside others; expected it alone';
    elsif words[1] = 'every' then
        if count <> 2 or coalesce(scheduler_private.duration_seconds(words[2]), 0) < 1 then
            select e.problem, e.meant into problem, meant from scheduler_private.every_problem(part, array_to_string(words[2:], ' ')) e;
        end if;
    elsif count = 1 and part = any (macros) then
        return;
    elsif words[1] = 'at' then
        select a.problem, a.meant into problem, meant from scheduler_private.at_problem(part, words, time_zone) a;
    elsif words[1] = 'rrule' then
        select r.problem, r.meant into problem, meant from scheduler_private.rrule_problem(part, words, starts is not null) r;
    else
        if count between 5 and 7 then
            select c.problem, c.meant into problem, meant from scheduler_private.cron_problem(part, words) c;
            if problem is null then
                return;
            end if;
        end if;
        -- What is like a text from elsewhere is said about only when it cannot be read.
        select s.problem, s.meant into slip from scheduler_private.slip_problem(part, words) s;
        if slip.problem is not null then
            problem := slip.problem;
            meant := slip.meant;
            return;
        elsif problem is not null then
            return;
        end if;
        if count = 1 then
            near := coalesce(scheduler_private.nearest('@' || ltrim(part, '@'), macros), scheduler_private.nearest(part, '{manual}'));
        end if;
        if near is not null or starts_with(words[1], '@') then
            problem := format('schedule ''%s'' is not known', part);
            meant := coalesce(near, scheduler_private.nearest(words[1], macros));
            if meant is null then
                problem := problem || '; expected one of ' || array_to_string(macros, ', ');
            end if;
            return;
        end if;
        if count > 1 and length(words[1]) > 1 then
            near := scheduler_private.nearest(words[1], (scheduler_private.schedule_grammar() ->> 'words')::text[]);
        end if;
        if near is not null then
            problem := format('schedule ''%s'' is not known', part);
            meant := near || substr(part, length(words[1]) + 1);
        else
            problem := format('schedule ''%s'' has %s; %s', part, count || case when count = 1 then ' field' else ' fields' end, expected);
        end if;
    end if;
end $$;

CREATE FUNCTION scheduler_private.schedule_parts(schedule text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
declare
    piece text;
    parts text[] := '{}';
begin
    if position(';' in schedule) = 0 then
        return array[trim(both E' \t\n\r' from schedule)];
    end if;
    foreach piece in array string_to_array(schedule, ';') loop
        piece := trim(both E' \t\n\r' from piece);
        if starts_with(parts[cardinality(parts)], 'rrule') and piece ~ (scheduler_private.schedule_grammar() ->> 'rule_key') then
            parts[cardinality(parts)] := parts[cardinality(parts)] || ';' || piece;
        else
            parts := parts || piece;
        end if;
    end loop;
    return parts;
end $$;

CREATE FUNCTION scheduler_private.schedule_problem(schedule text, time_zone text, starts timestamp with time zone, OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql STABLE
    AS $_$
declare
    length_max constant integer := (scheduler_private.schedule_grammar() #>> '{limits,schedule}')::integer;
    parts_max constant integer := (scheduler_private.schedule_grammar() #>> '{limits,parts}')::integer;
    parts text[];
    part text;
    is_event boolean;
    ends integer := 0;
begin
    -- What most jobs have.
    if schedule = 'manual' or schedule ~ '^every [1-9][0-9]{0,3}[dhms]$'
        or schedule ~ ('^(?:0 )?(?:\*|\*/(?:[1-9]|[1-5][0-9])|[0-5]?[0-9]) (?:\*|\*/(?:[1-9]|1[0-9]|2[0-3])|1?[0-9]|2[0-3]) '
            '(?:\*|\?|[1-9]|1[0-9]|2[0-8]) \* (?:\*|\?|[1-7]|(?:SUN|MON|TUE|WED|THU|FRI|SAT|MON-FRI))$')
    then
        return;
    end if;
    if length(schedule) > length_max then
        problem := format('the schedule has %s characters; expected at most %s', length(schedule), length_max);
        return;
    end if;
    parts := scheduler_private.schedule_parts(schedule);
    if cardinality(parts) > parts_max then
        problem := format('the schedule has %s parts; expected at most %s', cardinality(parts), parts_max);
        return;
    end if;
    if parts = '{manual}' then
        return;
    end if;
    foreach part in array parts loop
        if position('with' in part) > 0 then
            select w.part, w.problem, w.meant into part, problem, meant from scheduler_private.params_problem(part) w;
        end if;
        if problem is null then
            is_event := false;
            if part ~ '^(?:after|on|every)(?:[ \t\n\r]|$)' then
                select e.is_event, e.problem, e.meant, ends + (e.event is not distinct from 'end')::integer into is_event, problem, meant, ends
                from scheduler_private.event_problem(part) e;
            end if;
            if not is_event then
                select p.problem, p.meant into problem, meant from scheduler_private.schedule_part_problem(part, time_zone, starts) p;
            end if;
        end if;
        if problem is not null then
            return;
        end if;
    end loop;
    if ends > 1 then
        problem := format('schedule ''%s'' %s', schedule, scheduler_private.schedule_grammar() #>> '{events,several_ends}');
    end if;
end $_$;

CREATE FUNCTION scheduler_private.settle_incidents(now_found scheduler_private.found[]) RETURNS integer
    LANGUAGE plpgsql
    SET enable_nestloop TO 'off'
    SET enable_seqscan TO 'on'
    AS $$
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

CREATE FUNCTION scheduler_private.shown(value jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case jsonb_typeof(value)
        when 'string' then '''' || case when length(t.text) > 60 then left(t.text, 60) || '…' else t.text end || ''''
        when 'object' then 'a map'
        when 'array' then 'a list of ' || jsonb_array_length(value)
        when 'null' then 'empty'
        else left(t.text, 60)
    end
    from (select regexp_replace(value #>> '{}', '[[:cntrl:]]', ' ', 'g') as text) t
$$;

CREATE FUNCTION scheduler_private.slip_filled(template text, groups text[]) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
declare
    filled text := template;
    hole text[];
    value text;
begin
    for hole in select regexp_matches(template, '\{(every:|day:|n:)?([0-9])(s?)\}', 'g') loop
        value := groups[hole[2]::integer];
        filled := replace(filled, '{' || coalesce(hole[1], '') || hole[2] || hole[3] || '}', case
            when hole[1] = 'every:' then scheduler_private.duration_meant(value || hole[3])
            when hole[1] = 'day:' then upper(left(value, 3) collate "C")
            when hole[1] = 'n:' then value::integer::text
            when template = '@{1}' then lower(value collate "C")
            else value end);
    end loop;
    return filled;
end $$;

CREATE FUNCTION scheduler_private.slip_problem(part text, words text[], OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    AS $_$
declare
    plain constant text := array_to_string(words, ' ');
    lower constant text := lower(plain collate "C");
    slip jsonb;
    groups text[];
begin
    if cardinality(words) > (scheduler_private.schedule_grammar() #>> '{limits,slip_words}')::integer or octet_length(part) <> length(part) then
        return;
    end if;
    for slip in select * from jsonb_array_elements(scheduler_private.schedule_grammar() -> 'slips') loop
        -- The server keeps few patterns ready, and most texts are like none.
        continue when position(slip ->> 'needs' in lower) = 0;
        groups := regexp_match(plain collate "C", '^(?:' || (slip ->> 'pattern') || ')$', case when (slip ->> 'cased')::boolean then 'c' else 'i' end);
        continue when groups is null;
        meant := scheduler_private.slip_filled(slip ->> 'meant', groups);
        continue when meant is null and slip ->> 'meant' is not null;
        problem := format('schedule ''%s'' %s', part, scheduler_private.slip_filled(slip ->> 'why', groups));
        return;
    end loop;
end $_$;

CREATE FUNCTION scheduler_private.subscriptions_of(name text, schedule text) RETURNS TABLE(event text, source text, job text, condition text, place smallint, part text, delay interval, waits_for smallint, from_startup boolean, mark text)
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    written record;
    params text[];
    form record;
    sources text[];
begin
    for written in
        select w.n, btrim(regexp_replace(w.part, '[ \t\n\r]+', ' ', 'g')) as plain
        from unnest(scheduler_private.schedule_parts(subscriptions_of.schedule)) with ordinality w (part, n)
    loop
        params := regexp_match(written.plain, scheduler_private.schedule_grammar() #>> '{events,with_pattern}');
        select f.* into form from scheduler_private.event_form(coalesce(params[1], written.plain)) f;
        continue when form.event is null or form.problem is not null;
        sources := case when form.slots ? 'Jobs' then string_to_array(form.slots ->> 'Jobs', ' and ')
            when form.slots ? 'Channel' then array[form.slots ->> 'Channel'] else '{""}' end;
        return query select form.event, s.source, subscriptions_of.name,
            case when form.event = 'after' then coalesce(form.slots ->> 'Outcome', 'success') else '' end,
            written.n::smallint, coalesce(params[1], written.plain),
            make_interval(secs => coalesce(scheduler_private.duration_seconds(coalesce(form.slots ->> 'Delay', form.slots ->> 'Interval')), 0)::float8),
            cardinality(sources)::smallint, form.slots ? 'FromStartup', case when params is null then '' else 'w' || written.n end
        from unnest(sources) s (source);
    end loop;
end $$;

CREATE FUNCTION scheduler_private.supersede() RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    held record;
    latest timestamptz;
    count integer := 0;
    ended integer;
begin
    for held in
        select g.job, g.active_key, scheduler_private.due_of(g.active_key) as due_at
        from scheduler_private.job_gate g where g.supersedes and g.active_key is not null order by g.job
    loop
        select max(r.due_at) into latest from scheduler_private.run r
        where r.job = held.job and r.due_at > held.due_at and r.state = 'queued';
        continue when latest is null;
        update scheduler_private.run r
        set cancel = jsonb_build_object('at', clock_timestamp(), 'by', 'scheduler', 'reason', 'a later fire takes its place')
        where r.due_at = held.due_at and r.run_key = held.active_key and r.state = 'running' and r.cancel is null;
        get diagnostics ended = row_count;
        if ended > 0 then perform pg_notify('scheduler_cancel', held.active_key); end if;
        count := count + ended;
        -- Waiting ones hold no gate: only the one that runs has it.
        update scheduler_private.run r
        set state = 'finished', verdict = 'cancelled', reason = 'a later fire takes its place', ended_at = clock_timestamp(), token = r.token + 1
        where r.job = held.job and r.due_at > held.due_at and r.due_at < latest and r.state = 'queued';
        get diagnostics ended = row_count;
        count := count + ended;
    end loop;
    return count;
end $$;

CREATE FUNCTION scheduler_private.suppress_incidents() RETURNS void
    LANGUAGE sql
    SET enable_nestloop TO 'off'
    SET enable_seqscan TO 'on'
    AS $$
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

CREATE FUNCTION scheduler_private.take_events(most integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
    -- As many changes within it, and it is said to come and go (compose.sql).
    flap_window constant interval := interval '10 minutes';
    taken_count integer;
begin
    if not pg_try_advisory_xact_lock(hashtext('scheduler.outbox')) then
        return 0;
    end if;
    with taken as materialized (
        delete from scheduler_private.outbox o
        where o.id in (select i.id from scheduler_private.outbox i order by i.id limit most) returning o.*
    ),
    fan as materialized (
        select t.id, c.name as channel, e.event, t.job, t.run_key, t.due_at, t.at, t.title, t.detail,
            coalesce(t.key, 'job:' || t.job || ':' || case when e.event in ('failure', 'recovery', 'over') then 'failing' else e.event end) as key,
            coalesce(t.severity, case when t.event in ('failure', 'lost', 'guard', 'missed') then 'warning' else 'info' end) as severity,
            e.event in ('failure', 'recovery', 'over', 'incident') as lasts,
            case t.event when 'failure' then true when 'incident' then t.open else false end as open
        from taken t
        cross join lateral (select distinct w.name from unnest(t.channels) as w (name)) w
        join scheduler.channel c on c.name = w.name and c.enabled
        cross join lateral (select case t.event
            when 'over' then case when c.kind in ('pagerduty', 'ping') or c.incidents then 'recovery' else 'over' end
            when 'gone' then case when c.kind = 'pagerduty' then 'recovery' else 'over' end
            else t.event end) e (event)
    ),
    turned as materialized (
        select f.*, lag(f.open, 1, coalesce(a.open, false)) over (partition by f.channel, f.key order by f.id) as before
        from fan f left join scheduler_private.alert a on a.channel = f.channel and a.key = f.key
    ),
    summed as materialized (
        select t.channel, t.key,
            coalesce((array_agg(t.event order by t.id desc) filter (where t.event <> 'over'))[1], 'over') as event, min(t.job) as job,
            (array_agg(t.severity order by t.id desc))[1] as severity, (array_agg(t.open order by t.id desc))[1] as open,
            count(*) filter (where t.event not in ('incident', 'over') and (t.open or not t.lasts or not t.before)) as happened,
            count(*) filter (where t.lasts and t.open <> t.before) as flips,
            bool_or(not t.lasts or (t.open <> t.before and t.event <> 'over') or (t.event = 'recovery' and not t.before)) as to_tell,
            min(t.at) as first_at, max(t.at) as last_at, coalesce(max(t.at) filter (where t.open and not t.before), min(t.at)) as since,
            (array_agg(t.run_key order by t.open or not t.lasts desc, t.id desc))[1] as run_key,
            (array_agg(t.due_at order by t.open or not t.lasts desc, t.id desc))[1] as due_at,
            (array_agg(t.title order by t.id desc))[1] as title, (array_agg(t.detail order by t.id desc))[1] as detail
        from turned t group by t.channel, t.key
    ),
    put as (
        insert into scheduler_private.alert as a
            (channel, key, event, job, severity, open, happened, since, changed_at, pending_since, flips, flips_since, run_key, due_at, title, detail)
        select s.channel, s.key, s.event, s.job, s.severity, s.open, s.happened, s.since, s.last_at, case when s.to_tell then s.first_at end,
            s.flips, s.first_at, s.run_key, s.due_at, s.title, s.detail
        from summed s
        -- The end of what nobody was told of.
        where s.to_tell or exists (select from scheduler_private.alert k where k.channel = s.channel and k.key = s.key)
        order by s.channel, s.key
        on conflict (channel, key) do update set
            event = case excluded.event when 'over' then a.event else excluded.event end, severity = excluded.severity, open = excluded.open,
            happened = a.happened + excluded.happened,
            since = case when (excluded.open and not a.open) or (a.pending_since is null and not a.open) then excluded.since else a.since end,
            changed_at = excluded.changed_at,
            pending_since = coalesce(a.pending_since, excluded.pending_since),
            -- Closed in silence: nobody waits for a word of it.
            told = a.told and (excluded.open or excluded.pending_since is not null or a.pending_since is not null),
            flips = case when a.flips_since < clock_timestamp() - flap_window and not a.flap_told then 0 else a.flips end + excluded.flips,
            flips_since = case when a.flips_since < clock_timestamp() - flap_window and not a.flap_told
                then excluded.flips_since else a.flips_since end,
            run_key = case when excluded.open or excluded.event not in ('recovery', 'incident') then coalesce(excluded.run_key, a.run_key)
                else coalesce(a.run_key, excluded.run_key) end,
            due_at = case when excluded.open or excluded.event not in ('recovery', 'incident') then coalesce(excluded.due_at, a.due_at)
                else coalesce(a.due_at, excluded.due_at) end,
            title = coalesce(excluded.title, a.title), detail = coalesce(excluded.detail, a.detail)
    )
    select count(*) into taken_count from taken;
    return taken_count;
end $$;

CREATE FUNCTION scheduler_private.tell_incidents() RETURNS void
    LANGUAGE plpgsql
    SET enable_nestloop TO 'off'
    SET enable_seqscan TO 'on'
    AS $$
declare
    told_count integer;
begin
    with turned as (
        update scheduler_private.incident i set told = i.resolved_at is null
        where (not i.told and i.resolved_at is null and i.suppressed_by is null) or (i.told and i.resolved_at is not null)
        returning i.*
    ),
    everywhere as materialized (
        select coalesce(array_agg(c.name order by c.name), '{}') as names from scheduler.channel c where c.incidents and c.enabled
    ),
    addressed as (
        select t.*, e.names || case when g.notify & 128 <> 0 then scheduler_private.channels_of(t.job) else '{}' end as channels
        from turned t cross join everywhere e left join scheduler_private.job_gate g on g.job = t.job
    ),
    put as (
        insert into scheduler_private.outbox (event, job, run_key, due_at, channels, key, open, severity, title, detail)
        select 'incident', a.job, g.last_run_key, g.last_due_at, a.channels, a.key, a.resolved_at is null, a.severity, a.title, a.detail
        from addressed a left join scheduler_private.job_gate g on g.job = a.job and a.condition = 'failing'
        where cardinality(a.channels) > 0
        order by a.id
        returning 1
    )
    select count(*) into told_count from put;
    if told_count > 0 then
        perform pg_notify('scheduler_outbox', '');
    end if;
end $$;

CREATE FUNCTION scheduler_private.ticks_of(instant timestamp with time zone) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select 621355968000000000 + (extract(epoch from instant) * 10000000)::bigint
$$;

CREATE FUNCTION scheduler_private.time_zone_problem(zone text, OUT problem text, OUT meant text) RETURNS record
    LANGUAGE plpgsql
    AS $$
declare
    remembered_max constant integer := 4000;
    known constant text := coalesce(current_setting('scheduler_private.known_zones', true), '');
    names constant jsonb := scheduler_private.zone_names() -> 'names';
begin
    if zone = 'UTC' or position(',' || zone || ',' in known) > 0 then
        return;
    end if;
    if zone ~ (scheduler_private.zone_names() ->> 'form') and exists (select from pg_timezone_names z where z.name = zone) then
        if length(known) < remembered_max then
            perform set_config('scheduler_private.known_zones', known || ',' || zone || ',', false);
        end if;
        return;
    end if;
    -- A bare city is the end of a name.
    meant := coalesce(scheduler_private.zone_names() -> 'of_windows' ->> zone,
        (select n.name from jsonb_array_elements_text(names) with ordinality as n (name, place)
         where right(lower(n.name collate "C"), length(zone) + 1) = '/' || lower(replace(zone, ' ', '_') collate "C") order by n.place limit 1),
        scheduler_private.nearest(zone, array(select jsonb_array_elements_text(names))));
    problem := format('time zone ''%s'' is not known%s', zone,
        case when meant is null then '; expected an IANA name such as UTC or Europe/Berlin' else '' end);
end $$;

CREATE TABLE scheduler_private.job_version (
    id bigint NOT NULL,
    job text NOT NULL,
    version integer NOT NULL,
    action text NOT NULL,
    definition jsonb NOT NULL,
    changes jsonb,
    role text NOT NULL,
    application text NOT NULL,
    source text NOT NULL,
    reason text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT job_version_action_is_known CHECK ((action = ANY (ARRAY['insert'::text, 'update'::text, 'delete'::text, 'pause'::text, 'resume'::text, 'enable'::text, 'disable'::text, 'undo'::text])))
);

CREATE FUNCTION scheduler_private.version_text(version scheduler_private.job_version) RETURNS text
    LANGUAGE sql STABLE
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO'
    AS $$
    select jsonb_build_array(version.id, version.job, version.version, version.action, version.definition, version.changes, version.role,
        version.application, version.source, version.reason, version.at::text)::text
$$;

CREATE FUNCTION scheduler_private.watch_incidents(every interval, keep interval) RETURNS integer
    LANGUAGE plpgsql
    SET jit TO 'off'
    AS $$
declare
    -- As many jobs fail with one error, and it is one thing with them all.
    common_min constant integer := 5;
    prune_max constant integer := 1000;
    due boolean;
    now_found scheduler_private.found[];
    changes integer := 0;
begin
    select l.looked_at < clock_timestamp() - every into due from scheduler_private.incident_look l for update skip locked;
    if due is not true then
        return null;
    end if;
    now_found := array(select c from scheduler_private.conditions_of_cluster(keep) c)
        || array(select c from scheduler_private.conditions_of_jobs() c);
    now_found := now_found || array(
        select row('cause:' || md5(f.cause), 'common_cause', 'page', null, null, format('%s jobs fail alike', count(*)), left(min(f.detail), 500),
            f.cause)::scheduler_private.found
        from unnest(now_found) f where f.condition = 'failing' and f.cause is not null group by f.cause having count(*) >= common_min);
    changes := scheduler_private.settle_incidents(now_found);
    perform scheduler_private.suppress_incidents();
    perform scheduler_private.tell_incidents();
    delete from scheduler_private.incident i where i.id in (
        select o.id from scheduler_private.incident o
        where o.opened_at < clock_timestamp() - keep and o.resolved_at < clock_timestamp() - keep limit prune_max);
    delete from scheduler_private.notification n where n.id in (
        select o.id from scheduler_private.notification o
        where o.created_at < clock_timestamp() - interval '30 days' and o.state <> 'waiting' limit prune_max);
    update scheduler_private.incident_look l set looked_at = clock_timestamp(), found_count = cardinality(now_found);
    return changes;
end $$;

CREATE FUNCTION scheduler_private.zone_names() RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
select $json${
  "names": [
    "Africa/Abidjan",
    "Africa/Accra",
    "Africa/Addis_Ababa",
    "Africa/Algiers",
    "Africa/Asmara",
    "Africa/Bamako",
    "Africa/Bangui",
    "Africa/Banjul",
    "Africa/Bissau",
    "Africa/Blantyre",
    "Africa/Brazzaville",
    "Africa/Bujumbura",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Ceuta",
    "Africa/Conakry",
    "Africa/Dakar",
    "Africa/Dar_es_Salaam",
    "Africa/Djibouti",
    "Africa/Douala",
    "Africa/El_Aaiun",
    "Africa/Freetown",
    "Africa/Gaborone",
    "Africa/Harare",
    "Africa/Johannesburg",
    "Africa/Juba",
    "Africa/Kampala",
    "Africa/Khartoum",
    "Africa/Kigali",
    "Africa/Kinshasa",
    "Africa/Lagos",
    "Africa/Libreville",
    "Africa/Lome",
    "Africa/Luanda",
    "Africa/Lubumbashi",
    "Africa/Lusaka",
    "Africa/Malabo",
    "Africa/Maputo",
    "Africa/Maseru",
    "Africa/Mbabane",
    "Africa/Mogadishu",
    "Africa/Monrovia",
    "Africa/Nairobi",
    "Africa/Ndjamena",
    "Africa/Niamey",
    "Africa/Nouakchott",
    "Africa/Ouagadougou",
    "Africa/Porto-Novo",
    "Africa/Sao_Tome",
    "Africa/Tripoli",
    "Africa/Tunis",
    "Africa/Windhoek",
    "America/Adak",
    "America/Anchorage",
    "America/Anguilla",
    "America/Antigua",
    "America/Araguaina",
    "America/Argentina/Buenos_Aires",
    "America/Argentina/Catamarca",
    "America/Argentina/Cordoba",
    "America/Argentina/Jujuy",
    "America/Argentina/La_Rioja",
    "America/Argentina/Mendoza",
    "America/Argentina/Rio_Gallegos",
    "America/Argentina/Salta",
    "America/Argentina/San_Juan",
    "America/Argentina/San_Luis",
    "America/Argentina/Tucuman",
    "America/Argentina/Ushuaia",
    "America/Aruba",
    "America/Asuncion",
    "America/Atikokan",
    "America/Bahia",
    "America/Bahia_Banderas",
    "America/Barbados",
    "America/Belem",
    "America/Belize",
    "America/Blanc-Sablon",
    "America/Boa_Vista",
    "America/Bogota",
    "America/Boise",
    "America/Cambridge_Bay",
    "America/Campo_Grande",
    "America/Cancun",
    "America/Caracas",
    "America/Cayenne",
    "America/Cayman",
    "America/Chicago",
    "America/Chihuahua",
    "America/Ciudad_Juarez",
    "America/Costa_Rica",
    "America/Coyhaique",
    "America/Creston",
    "America/Cuiaba",
    "America/Curacao",
    "America/Danmarkshavn",
    "America/Dawson",
    "America/Dawson_Creek",
    "America/Denver",
    "America/Detroit",
    "America/Dominica",
    "America/Edmonton",
    "America/Eirunepe",
    "America/El_Salvador",
    "America/Fort_Nelson",
    "America/Fortaleza",
    "America/Glace_Bay",
    "America/Goose_Bay",
    "America/Grand_Turk",
    "America/Grenada",
    "America/Guadeloupe",
    "America/Guatemala",
    "America/Guayaquil",
    "America/Guyana",
    "America/Halifax",
    "America/Havana",
    "America/Hermosillo",
    "America/Indiana/Indianapolis",
    "America/Indiana/Knox",
    "America/Indiana/Marengo",
    "America/Indiana/Petersburg",
    "America/Indiana/Tell_City",
    "America/Indiana/Vevay",
    "America/Indiana/Vincennes",
    "America/Indiana/Winamac",
    "America/Inuvik",
    "America/Iqaluit",
    "America/Jamaica",
    "America/Juneau",
    "America/Kentucky/Louisville",
    "America/Kentucky/Monticello",
    "America/Kralendijk",
    "America/La_Paz",
    "America/Lima",
    "America/Los_Angeles",
    "America/Lower_Princes",
    "America/Maceio",
    "America/Managua",
    "America/Manaus",
    "America/Marigot",
    "America/Martinique",
    "America/Matamoros",
    "America/Mazatlan",
    "America/Menominee",
    "America/Merida",
    "America/Metlakatla",
    "America/Mexico_City",
    "America/Miquelon",
    "America/Moncton",
    "America/Monterrey",
    "America/Montevideo",
    "America/Montserrat",
    "America/Nassau",
    "America/New_York",
    "America/Nome",
    "America/Noronha",
    "America/North_Dakota/Beulah",
    "America/North_Dakota/Center",
    "America/North_Dakota/New_Salem",
    "America/Nuuk",
    "America/Ojinaga",
    "America/Panama",
    "America/Paramaribo",
    "America/Phoenix",
    "America/Port-au-Prince",
    "America/Port_of_Spain",
    "America/Porto_Velho",
    "America/Puerto_Rico",
    "America/Punta_Arenas",
    "America/Rankin_Inlet",
    "America/Recife",
    "America/Regina",
    "America/Resolute",
    "America/Rio_Branco",
    "America/Santarem",
    "America/Santiago",
    "America/Santo_Domingo",
    "America/Sao_Paulo",
    "America/Scoresbysund",
    "America/Sitka",
    "America/St_Barthelemy",
    "America/St_Johns",
    "America/St_Kitts",
    "America/St_Lucia",
    "America/St_Thomas",
    "America/St_Vincent",
    "America/Swift_Current",
    "America/Tegucigalpa",
    "America/Thule",
    "America/Tijuana",
    "America/Toronto",
    "America/Tortola",
    "America/Vancouver",
    "America/Whitehorse",
    "America/Winnipeg",
    "America/Yakutat",
    "Antarctica/Casey",
    "Antarctica/Davis",
    "Antarctica/DumontDUrville",
    "Antarctica/Macquarie",
    "Antarctica/Mawson",
    "Antarctica/McMurdo",
    "Antarctica/Palmer",
    "Antarctica/Rothera",
    "Antarctica/Syowa",
    "Antarctica/Troll",
    "Antarctica/Vostok",
    "Arctic/Longyearbyen",
    "Asia/Aden",
    "Asia/Almaty",
    "Asia/Amman",
    "Asia/Anadyr",
    "Asia/Aqtau",
    "Asia/Aqtobe",
    "Asia/Ashgabat",
    "Asia/Atyrau",
    "Asia/Baghdad",
    "Asia/Bahrain",
    "Asia/Baku",
    "Asia/Bangkok",
    "Asia/Barnaul",
    "Asia/Beirut",
    "Asia/Bishkek",
    "Asia/Brunei",
    "Asia/Chita",
    "Asia/Colombo",
    "Asia/Damascus",
    "Asia/Dhaka",
    "Asia/Dili",
    "Asia/Dubai",
    "Asia/Dushanbe",
    "Asia/Famagusta",
    "Asia/Gaza",
    "Asia/Hebron",
    "Asia/Ho_Chi_Minh",
    "Asia/Hong_Kong",
    "Asia/Hovd",
    "Asia/Irkutsk",
    "Asia/Jakarta",
    "Asia/Jayapura",
    "Asia/Jerusalem",
    "Asia/Kabul",
    "Asia/Kamchatka",
    "Asia/Karachi",
    "Asia/Kathmandu",
    "Asia/Khandyga",
    "Asia/Kolkata",
    "Asia/Krasnoyarsk",
    "Asia/Kuala_Lumpur",
    "Asia/Kuching",
    "Asia/Kuwait",
    "Asia/Macau",
    "Asia/Magadan",
    "Asia/Makassar",
    "Asia/Manila",
    "Asia/Muscat",
    "Asia/Nicosia",
    "Asia/Novokuznetsk",
    "Asia/Novosibirsk",
    "Asia/Omsk",
    "Asia/Oral",
    "Asia/Phnom_Penh",
    "Asia/Pontianak",
    "Asia/Pyongyang",
    "Asia/Qatar",
    "Asia/Qostanay",
    "Asia/Qyzylorda",
    "Asia/Riyadh",
    "Asia/Sakhalin",
    "Asia/Samarkand",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Srednekolymsk",
    "Asia/Taipei",
    "Asia/Tashkent",
    "Asia/Tbilisi",
    "Asia/Tehran",
    "Asia/Thimphu",
    "Asia/Tokyo",
    "Asia/Tomsk",
    "Asia/Ulaanbaatar",
    "Asia/Urumqi",
    "Asia/Ust-Nera",
    "Asia/Vientiane",
    "Asia/Vladivostok",
    "Asia/Yakutsk",
    "Asia/Yangon",
    "Asia/Yekaterinburg",
    "Asia/Yerevan",
    "Atlantic/Azores",
    "Atlantic/Bermuda",
    "Atlantic/Canary",
    "Atlantic/Cape_Verde",
    "Atlantic/Faroe",
    "Atlantic/Madeira",
    "Atlantic/Reykjavik",
    "Atlantic/South_Georgia",
    "Atlantic/St_Helena",
    "Atlantic/Stanley",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Australia/Broken_Hill",
    "Australia/Darwin",
    "Australia/Eucla",
    "Australia/Hobart",
    "Australia/Lindeman",
    "Australia/Lord_Howe",
    "Australia/Melbourne",
    "Australia/Perth",
    "Australia/Sydney",
    "Europe/Amsterdam",
    "Europe/Andorra",
    "Europe/Astrakhan",
    "Europe/Athens",
    "Europe/Belgrade",
    "Europe/Berlin",
    "Europe/Bratislava",
    "Europe/Brussels",
    "Europe/Bucharest",
    "Europe/Budapest",
    "Europe/Busingen",
    "Europe/Chisinau",
    "Europe/Copenhagen",
    "Europe/Dublin",
    "Europe/Gibraltar",
    "Europe/Guernsey",
    "Europe/Helsinki",
    "Europe/Isle_of_Man",
    "Europe/Istanbul",
    "Europe/Jersey",
    "Europe/Kaliningrad",
    "Europe/Kirov",
    "Europe/Kyiv",
    "Europe/Lisbon",
    "Europe/Ljubljana",
    "Europe/London",
    "Europe/Luxembourg",
    "Europe/Madrid",
    "Europe/Malta",
    "Europe/Mariehamn",
    "Europe/Minsk",
    "Europe/Monaco",
    "Europe/Moscow",
    "Europe/Oslo",
    "Europe/Paris",
    "Europe/Podgorica",
    "Europe/Prague",
    "Europe/Riga",
    "Europe/Rome",
    "Europe/Samara",
    "Europe/San_Marino",
    "Europe/Sarajevo",
    "Europe/Saratov",
    "Europe/Simferopol",
    "Europe/Skopje",
    "Europe/Sofia",
    "Europe/Stockholm",
    "Europe/Tallinn",
    "Europe/Tirane",
    "Europe/Ulyanovsk",
    "Europe/Vaduz",
    "Europe/Vatican",
    "Europe/Vienna",
    "Europe/Vilnius",
    "Europe/Volgograd",
    "Europe/Warsaw",
    "Europe/Zagreb",
    "Europe/Zurich",
    "Indian/Antananarivo",
    "Indian/Chagos",
    "Indian/Christmas",
    "Indian/Cocos",
    "Indian/Comoro",
    "Indian/Kerguelen",
    "Indian/Mahe",
    "Indian/Maldives",
    "Indian/Mauritius",
    "Indian/Mayotte",
    "Indian/Reunion",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Bougainville",
    "Pacific/Chatham",
    "Pacific/Chuuk",
    "Pacific/Easter",
    "Pacific/Efate",
    "Pacific/Fakaofo",
    "Pacific/Fiji",
    "Pacific/Funafuti",
    "Pacific/Galapagos",
    "Pacific/Gambier",
    "Pacific/Guadalcanal",
    "Pacific/Guam",
    "Pacific/Honolulu",
    "Pacific/Kanton",
    "Pacific/Kiritimati",
    "Pacific/Kosrae",
    "Pacific/Kwajalein",
    "Pacific/Majuro",
    "Pacific/Marquesas",
    "Pacific/Midway",
    "Pacific/Nauru",
    "Pacific/Niue",
    "Pacific/Norfolk",
    "Pacific/Noumea",
    "Pacific/Pago_Pago",
    "Pacific/Palau",
    "Pacific/Pitcairn",
    "Pacific/Pohnpei",
    "Pacific/Port_Moresby",
    "Pacific/Rarotonga",
    "Pacific/Saipan",
    "Pacific/Tahiti",
    "Pacific/Tarawa",
    "Pacific/Tongatapu",
    "Pacific/Wake",
    "Pacific/Wallis",
    "UTC"
  ],
  "of_windows": {
    "AUS Central Standard Time": "Australia/Darwin",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "Afghanistan Standard Time": "Asia/Kabul",
    "Alaskan Standard Time": "America/Anchorage",
    "Aleutian Standard Time": "America/Adak",
    "Altai Standard Time": "Asia/Barnaul",
    "Arab Standard Time": "Asia/Riyadh",
    "Arabian Standard Time": "Asia/Dubai",
    "Arabic Standard Time": "Asia/Baghdad",
    "Argentina Standard Time": "America/Buenos_Aires",
    "Astrakhan Standard Time": "Europe/Astrakhan",
    "Atlantic Standard Time": "America/Halifax",
    "Aus Central W. Standard Time": "Australia/Eucla",
    "Azerbaijan Standard Time": "Asia/Baku",
    "Azores Standard Time": "Atlantic/Azores",
    "Bahia Standard Time": "America/Bahia",
    "Bangladesh Standard Time": "Asia/Dhaka",
    "Belarus Standard Time": "Europe/Minsk",
    "Bougainville Standard Time": "Pacific/Bougainville",
    "Canada Central Standard Time": "America/Regina",
    "Cape Verde Standard Time": "Atlantic/Cape_Verde",
    "Caucasus Standard Time": "Asia/Yerevan",
    "Cen. Australia Standard Time": "Australia/Adelaide",
    "Central America Standard Time": "America/Guatemala",
    "Central Asia Standard Time": "Asia/Almaty",
    "Central Brazilian Standard Time": "America/Cuiaba",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "Central Pacific Standard Time": "Pacific/Guadalcanal",
    "Central Standard Time": "America/Chicago",
    "Central Standard Time (Mexico)": "America/Mexico_City",
    "Chatham Islands Standard Time": "Pacific/Chatham",
    "China Standard Time": "Asia/Shanghai",
    "Cuba Standard Time": "America/Havana",
    "E. Africa Standard Time": "Africa/Nairobi",
    "E. Australia Standard Time": "Australia/Brisbane",
    "E. Europe Standard Time": "Europe/Chisinau",
    "E. South America Standard Time": "America/Sao_Paulo",
    "Easter Island Standard Time": "Pacific/Easter",
    "Eastern Standard Time": "America/New_York",
    "Eastern Standard Time (Mexico)": "America/Cancun",
    "Egypt Standard Time": "Africa/Cairo",
    "Ekaterinburg Standard Time": "Asia/Yekaterinburg",
    "FLE Standard Time": "Europe/Kiev",
    "Fiji Standard Time": "Pacific/Fiji",
    "GMT Standard Time": "Europe/London",
    "GTB Standard Time": "Europe/Bucharest",
    "Georgian Standard Time": "Asia/Tbilisi",
    "Greenland Standard Time": "America/Godthab",
    "Greenwich Standard Time": "Atlantic/Reykjavik",
    "Haiti Standard Time": "America/Port-au-Prince",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "India Standard Time": "Asia/Calcutta",
    "Iran Standard Time": "Asia/Tehran",
    "Israel Standard Time": "Asia/Jerusalem",
    "Jordan Standard Time": "Asia/Amman",
    "Kaliningrad Standard Time": "Europe/Kaliningrad",
    "Korea Standard Time": "Asia/Seoul",
    "Libya Standard Time": "Africa/Tripoli",
    "Line Islands Standard Time": "Pacific/Kiritimati",
    "Lord Howe Standard Time": "Australia/Lord_Howe",
    "Magadan Standard Time": "Asia/Magadan",
    "Magallanes Standard Time": "America/Punta_Arenas",
    "Marquesas Standard Time": "Pacific/Marquesas",
    "Mauritius Standard Time": "Indian/Mauritius",
    "Middle East Standard Time": "Asia/Beirut",
    "Montevideo Standard Time": "America/Montevideo",
    "Morocco Standard Time": "Africa/Casablanca",
    "Mountain Standard Time": "America/Denver",
    "Mountain Standard Time (Mexico)": "America/Chihuahua",
    "Myanmar Standard Time": "Asia/Rangoon",
    "N. Central Asia Standard Time": "Asia/Novosibirsk",
    "Namibia Standard Time": "Africa/Windhoek",
    "Nepal Standard Time": "Asia/Katmandu",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Newfoundland Standard Time": "America/St_Johns",
    "Norfolk Standard Time": "Pacific/Norfolk",
    "North Asia East Standard Time": "Asia/Irkutsk",
    "North Asia Standard Time": "Asia/Krasnoyarsk",
    "North Korea Standard Time": "Asia/Pyongyang",
    "Omsk Standard Time": "Asia/Omsk",
    "Pacific SA Standard Time": "America/Santiago",
    "Pacific Standard Time": "America/Los_Angeles",
    "Pacific Standard Time (Mexico)": "America/Tijuana",
    "Pakistan Standard Time": "Asia/Karachi",
    "Paraguay Standard Time": "America/Asuncion",
    "Qyzylorda Standard Time": "Asia/Qyzylorda",
    "Romance Standard Time": "Europe/Paris",
    "Russia Time Zone 10": "Asia/Srednekolymsk",
    "Russia Time Zone 11": "Asia/Kamchatka",
    "Russia Time Zone 3": "Europe/Samara",
    "Russian Standard Time": "Europe/Moscow",
    "SA Eastern Standard Time": "America/Cayenne",
    "SA Pacific Standard Time": "America/Bogota",
    "SA Western Standard Time": "America/La_Paz",
    "SE Asia Standard Time": "Asia/Bangkok",
    "Saint Pierre Standard Time": "America/Miquelon",
    "Sakhalin Standard Time": "Asia/Sakhalin",
    "Samoa Standard Time": "Pacific/Apia",
    "Sao Tome Standard Time": "Africa/Sao_Tome",
    "Saratov Standard Time": "Europe/Saratov",
    "Singapore Standard Time": "Asia/Singapore",
    "South Africa Standard Time": "Africa/Johannesburg",
    "South Sudan Standard Time": "Africa/Juba",
    "Sri Lanka Standard Time": "Asia/Colombo",
    "Sudan Standard Time": "Africa/Khartoum",
    "Syria Standard Time": "Asia/Damascus",
    "Taipei Standard Time": "Asia/Taipei",
    "Tasmania Standard Time": "Australia/Hobart",
    "Tocantins Standard Time": "America/Araguaina",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Tomsk Standard Time": "Asia/Tomsk",
    "Tonga Standard Time": "Pacific/Tongatapu",
    "Transbaikal Standard Time": "Asia/Chita",
    "Turkey Standard Time": "Europe/Istanbul",
    "Turks And Caicos Standard Time": "America/Grand_Turk",
    "US Eastern Standard Time": "America/Indianapolis",
    "US Mountain Standard Time": "America/Phoenix",
    "UTC": "Etc/UTC",
    "UTC+12": "Etc/GMT-12",
    "UTC+13": "Etc/GMT-13",
    "UTC-02": "Etc/GMT+2",
    "UTC-08": "Etc/GMT+8",
    "UTC-09": "Etc/GMT+9",
    "UTC-11": "Etc/GMT+11",
    "Ulaanbaatar Standard Time": "Asia/Ulaanbaatar",
    "Venezuela Standard Time": "America/Caracas",
    "Vladivostok Standard Time": "Asia/Vladivostok",
    "Volgograd Standard Time": "Europe/Volgograd",
    "W. Australia Standard Time": "Australia/Perth",
    "W. Central Africa Standard Time": "Africa/Lagos",
    "W. Europe Standard Time": "Europe/Berlin",
    "W. Mongolia Standard Time": "Asia/Hovd",
    "West Asia Standard Time": "Asia/Tashkent",
    "West Bank Standard Time": "Asia/Hebron",
    "West Pacific Standard Time": "Pacific/Port_Moresby",
    "Yakutsk Standard Time": "Asia/Yakutsk",
    "Yukon Standard Time": "America/Whitehorse"
  },
  "form": "^[A-Z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}$"
}$json$::jsonb
$_$;

CREATE FUNCTION snapshot.cancel_upload(id bigint, reason text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    asked snapshot.upload;
begin
    select u.* into asked from snapshot.upload u where u.id = cancel_upload.id for no key update;
    if not found then
        raise exception 'there is no upload %', cancel_upload.id using errcode = 'no_data_found', hint = 'see scheduler.upload';
    end if;
    if asked.state not in ('starting', 'running') then
        update snapshot.upload u set resume_at = null, request = null where u.id = asked.id and (u.resume_at is not null or u.request is not null);
        return asked.state;
    end if;
    update snapshot.upload u
    set request = jsonb_build_object('what', 'cancel', 'by', session_user, 'reason', left(coalesce(cancel_upload.reason, 'asked by ' || session_user), 200),
        'at', clock_timestamp())
    where u.id = asked.id;
    perform pg_notify('snapshot_upload', asked.id::text);
    return 'requested';
end $$;

CREATE FUNCTION snapshot.node_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    part record;
    found_problem text;
    found_meant text;
begin
    for part in select * from (values ('endpoints', new.endpoints), ('agent', new.agent), ('limits', new.limits)) p (name, value) loop
        select string_agg(p.problem, '; '), min(p.meant) into found_problem, found_meant
        from scheduler_private.json_problems(part.value, snapshot.node_schema(part.name), part.name) p;
        exit when found_problem is not null;
    end loop;
    if found_problem is null then
        select s.problem, s.meant into found_problem, found_meant from scheduler_private.schedule_problem(new.schedule, 'UTC', null) s;
    end if;
    if found_problem is null then
        found_problem := case
            when new.agent ->> 'kind' = 'rclone' and new.agent ->> 'url' is null
            then 'agent has no url; an rclone agent needs one, e.g. http://10.0.0.5:5572'
            when new.agent ->> 'kind' = 'command' and not (new.agent ?& array['start', 'status', 'stop'])
            then 'agent needs start, status and stop; each is a list: a program by its absolute path, then its arguments'
            when new.agent ->> 'password' !~ '^\$\{secret:[A-Za-z0-9_.-]+\}$' then 'agent.password stands in the open; expected ${secret:NAME}'
            when new.protocol in ('ethereum', 'bitcoin', 'cosmos') and new.endpoints ->> 'rpc' is null
            then format('endpoints has no rpc; protocol %s needs it, e.g. http://10.0.0.5:8545', new.protocol)
            when new.protocol = 'http' and (new.endpoints ->> 'url' is null or new.endpoints -> 'values' is null)
            then 'endpoints needs url and values; protocol http reads e.g. {"url": "http://10.0.0.5/status", "values": {"height": "result.height"}}'
            when new.protocol = 'command' and new.endpoints -> 'argv' is null
            then 'endpoints needs argv; protocol command starts e.g. ["/opt/jobs/bin/height", "n5"]'
        end;
    end if;
    if found_problem is not null then
        if found_meant is null then
            raise exception 'node %: %', scheduler_private.shown(to_jsonb(new.name)), found_problem
                using errcode = 'check_violation', schema = 'snapshot', table = 'node';
        end if;
        raise exception 'node %: %', scheduler_private.shown(to_jsonb(new.name)), found_problem using errcode = 'check_violation',
            hint = format('did you mean %s?', quote_literal(found_meant)), schema = 'snapshot', table = 'node';
    end if;
    new.updated_at := clock_timestamp();
    new.updated_by := session_user;
    return new;
end $_$;

CREATE FUNCTION snapshot.node_schema(name text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    select case name
        when 'endpoints' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [],
              "properties": {
                "rpc": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "beacon": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "url": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "values": {
                  "type": "object",
                  "additionalProperties": {
                    "type": "string"
                  }
                },
                "argv": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "headers": {
                  "type": "object",
                  "additionalProperties": {
                    "type": "string"
                  }
                },
                "timeout": {
                  "type": "string",
                  "duration": {
                    "shortest": 1,
                    "longest": 60,
                    "expected": "1s to 1m"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                }
              }
            }'::jsonb
        when 'agent' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [
                "kind"
              ],
              "properties": {
                "kind": {
                  "type": "string",
                  "expected": "one of rclone, command",
                  "enum": [
                    "rclone",
                    "command"
                  ]
                },
                "url": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "user": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "password": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "options": {
                  "type": "object",
                  "additionalProperties": {
                    "type": "string"
                  }
                },
                "start": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "status": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "stop": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "list": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "remove": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "timeout": {
                  "type": "string",
                  "duration": {
                    "shortest": 1,
                    "longest": 60,
                    "expected": "1s to 1m"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                }
              }
            }'::jsonb
        when 'limits' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [],
              "properties": {
                "bandwidth": {
                  "type": [
                    "string",
                    "null"
                  ],
                  "pattern": "^(?:^[1-9][0-9]{0,8}[kMG]?$)$"
                },
                "transfers": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 64
                },
                "head_age_max": {
                  "type": [
                    "string",
                    "null"
                  ],
                  "duration": {
                    "shortest": 1,
                    "longest": 31536000,
                    "expected": "1s to 365d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "peers_min": {
                  "type": [
                    "integer",
                    "null"
                  ],
                  "minimum": 0,
                  "maximum": 100000
                },
                "disk_free_min": {
                  "type": [
                    "integer",
                    "null"
                  ],
                  "minimum": 0,
                  "maximum": 1E+18
                },
                "allow_syncing": {
                  "type": "boolean"
                },
                "allow_silent": {
                  "type": "boolean"
                },
                "stalled_after": {
                  "type": "string",
                  "duration": {
                    "shortest": 5,
                    "longest": 604800,
                    "expected": "5s to 7d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "lost_after": {
                  "type": "string",
                  "duration": {
                    "shortest": 5,
                    "longest": 604800,
                    "expected": "5s to 7d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "resumes": {
                  "type": "integer",
                  "minimum": 0,
                  "maximum": 100
                },
                "resume_after": {
                  "type": "string",
                  "duration": {
                    "shortest": 1,
                    "longest": 86400,
                    "expected": "1s to 1d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "verify": {
                  "type": "string",
                  "expected": "one of sizes, totals, none",
                  "enum": [
                    "sizes",
                    "totals",
                    "none"
                  ]
                },
                "keep": {
                  "type": [
                    "integer",
                    "null"
                  ],
                  "minimum": 1,
                  "maximum": 10000
                }
              }
            }'::jsonb
    end
$_$;

CREATE FUNCTION snapshot.retry_upload(id bigint, reason text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
    asked snapshot.upload;
    other bigint;
begin
    select u.* into asked from snapshot.upload u where u.id = retry_upload.id for no key update;
    if not found then
        raise exception 'there is no upload %', retry_upload.id using errcode = 'no_data_found', hint = 'see scheduler.upload';
    end if;
    select u.id into other from snapshot.upload u where u.node = asked.node and u.state in ('starting', 'running') and u.id <> asked.id;
    if asked.state not in ('failed', 'lost', 'cancelled') or asked.removed_at is not null or other is not null then
        raise exception 'upload % cannot be retried: %', asked.id, case when other is not null then format('upload %s of %s is running', other, asked.node)
            when asked.removed_at is not null then 'its folder was removed' else 'it is ' || asked.state end
            using errcode = 'object_not_in_prerequisite_state', hint = 'or ask for a new one: run its job, snapshot-upload/' || asked.node;
    end if;
    update snapshot.upload u
    set resume_at = clock_timestamp(), request = jsonb_build_object('what', 'retry', 'by', session_user,
        'reason', left(coalesce(retry_upload.reason, 'asked by ' || session_user), 200), 'at', clock_timestamp())
    where u.id = asked.id;
    perform pg_notify('snapshot_upload', asked.id::text);
    return 'requested';
end $$;

CREATE FUNCTION snapshot.upload_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
    past_max constant integer := 50;
begin
    if new.state is distinct from old.state then
        if not (old.state = 'starting' and new.state in ('running', 'failed', 'cancelled', 'lost')
            or old.state = 'running' and new.state in ('completed', 'failed', 'cancelled', 'lost')
            or old.state in ('failed', 'cancelled', 'lost') and new.state = 'starting' and new.attempt = old.attempt + 1) then
            raise exception 'upload % cannot go from % to %', old.id, old.state, new.state using errcode = 'check_violation',
                schema = 'snapshot', table = 'upload', column = 'state';
        end if;
        new.past := case when jsonb_array_length(old.past) >= past_max then old.past - 0 else old.past end || jsonb_strip_nulls(jsonb_build_object(
            'at', clock_timestamp(), 'state', old.state, 'attempt', old.attempt, 'reason', old.reason, 'agent_job', old.agent_job,
            'agent_group', old.agent_group));
    elsif new.attempt <> old.attempt then
        raise exception 'upload %: attempt % follows % only when it begins again', old.id, new.attempt, old.attempt
            using errcode = 'check_violation', schema = 'snapshot', table = 'upload', column = 'attempt';
    end if;
    new.bytes := greatest(old.bytes, new.bytes);
    new.files := greatest(old.files, new.files);
    if coalesce(new.bytes_total, old.bytes_total) is not null then
        new.bytes_total := greatest(old.bytes_total, new.bytes_total, new.bytes);
    end if;
    if coalesce(new.files_total, old.files_total) is not null then
        new.files_total := greatest(old.files_total, new.files_total, new.files);
    end if;
    new.fraction := case when new.state = 'completed' then 1 else greatest(old.fraction, new.fraction) end;
    return new;
end $$;

CREATE TABLE fleet.config (
    hash text NOT NULL,
    body jsonb DEFAULT '{}'::jsonb NOT NULL,
    last_used_at timestamp with time zone DEFAULT now() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT config_hash_has_1_to_200_characters CHECK (((length(hash) >= 1) AND (length(hash) <= 200)))
);

CREATE TABLE fleet.heartbeat (
    node_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE fleet.job (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    config_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE fleet.node (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    user_id uuid,
    last_seen_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT node_name_has_1_to_200_characters CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT node_status_is_known CHECK ((status = ANY (ARRAY['pending'::text, 'online'::text, 'offline'::text]))),
    CONSTRAINT node_that_joined_was_seen CHECK (((status = 'pending'::text) OR (last_seen_at IS NOT NULL)))
)
WITH (fillfactor='70');

CREATE VIEW fleet.status AS
 SELECT n.nodes_pending,
    n.nodes_online,
    n.nodes_offline,
    c.chunks_pending,
    c.chunks_running,
    c.chunks_done,
    c.chunks_failed,
    c.oldest_pending_at,
    ( SELECT count(*) AS count
           FROM fleet.job) AS jobs,
    f.configs,
    c.chunks_to_reclaim,
    n.nodes_to_mark_offline,
    n.nodes_to_delete,
    f.configs_to_delete,
    ( SELECT min(h.created_at) AS min
           FROM fleet.heartbeat h) AS oldest_heartbeat_at,
    ( SELECT max(h.created_at) AS max
           FROM fleet.heartbeat h) AS newest_heartbeat_at
   FROM ( SELECT count(*) FILTER (WHERE (x.status = 'pending'::text)) AS nodes_pending,
            count(*) FILTER (WHERE (x.status = 'online'::text)) AS nodes_online,
            count(*) FILTER (WHERE (x.status = 'offline'::text)) AS nodes_offline,
            count(*) FILTER (WHERE ((x.status = 'online'::text) AND (x.last_seen_at < (now() - '00:05:00'::interval)))) AS nodes_to_mark_offline,
            count(*) FILTER (WHERE (((x.status = 'pending'::text) AND (x.user_id IS NULL) AND (x.created_at < (now() - '01:00:00'::interval))) OR ((x.status = 'offline'::text) AND (x.last_seen_at < (now() - '30 days'::interval))))) AS nodes_to_delete
           FROM fleet.node x) n,
    ( SELECT count(*) FILTER (WHERE (x.status = 'pending'::text)) AS chunks_pending,
            count(*) FILTER (WHERE (x.status = 'running'::text)) AS chunks_running,
            count(*) FILTER (WHERE (x.status = 'done'::text)) AS chunks_done,
            count(*) FILTER (WHERE (x.status = 'failed'::text)) AS chunks_failed,
            count(*) FILTER (WHERE ((x.status = 'running'::text) AND (x.claimed_at < (now() - '00:05:00'::interval)))) AS chunks_to_reclaim,
            min(x.created_at) FILTER (WHERE (x.status = 'pending'::text)) AS oldest_pending_at
           FROM fleet.chunk x) c,
    ( SELECT count(*) AS configs,
            count(*) FILTER (WHERE ((x.last_used_at < (now() - '7 days'::interval)) AND (NOT (EXISTS ( SELECT
                   FROM fleet.job j
                  WHERE (j.config_hash = x.hash)))))) AS configs_to_delete
           FROM fleet.config x) f;

CREATE TABLE quartz.qrtz_blob_triggers (
    sched_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    blob_data bytea
);

CREATE TABLE quartz.qrtz_calendars (
    sched_name text NOT NULL,
    calendar_name text NOT NULL,
    calendar bytea NOT NULL
);

CREATE TABLE quartz.qrtz_cron_triggers (
    sched_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    cron_expression text NOT NULL,
    time_zone_id text
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE quartz.qrtz_execution_history (
    sched_name text NOT NULL,
    entry_id text NOT NULL,
    instance_name text NOT NULL,
    job_name text NOT NULL,
    job_group text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    fired_time bigint NOT NULL,
    run_time bigint NOT NULL,
    succeeded boolean NOT NULL,
    error_message text,
    retry_attempt integer DEFAULT 0 NOT NULL,
    retry_scheduled boolean DEFAULT false NOT NULL,
    execution_log text,
    result integer,
    summary text,
    metrics text,
    manual boolean,
    fire_instance_id text,
    job_input text,
    job_input_too_large boolean
);

CREATE TABLE quartz.qrtz_fired_triggers (
    sched_name text NOT NULL,
    entry_id text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    instance_name text NOT NULL,
    fired_time bigint NOT NULL,
    sched_time bigint NOT NULL,
    priority integer NOT NULL,
    state text NOT NULL,
    job_name text,
    job_group text,
    is_nonconcurrent boolean NOT NULL,
    requests_recovery boolean,
    execution_group character varying(200),
    progress integer,
    progress_message character varying(250),
    interrupt_requested_time bigint
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='50000');

CREATE TABLE quartz.qrtz_job_details (
    sched_name text NOT NULL,
    job_name text NOT NULL,
    job_group text NOT NULL,
    description text,
    job_class_name text NOT NULL,
    is_durable boolean NOT NULL,
    is_nonconcurrent boolean NOT NULL,
    is_update_data boolean NOT NULL,
    requests_recovery boolean NOT NULL,
    job_data bytea
);

CREATE TABLE quartz.qrtz_job_status (
    sched_name text NOT NULL,
    job_group text NOT NULL,
    job_name text NOT NULL,
    first_fired_time bigint NOT NULL,
    last_fired_time bigint NOT NULL,
    last_result integer NOT NULL,
    last_run_time bigint NOT NULL,
    last_instance_name text NOT NULL,
    last_entry_id text,
    last_summary text,
    last_success_time bigint,
    last_failure_time bigint,
    last_failure_message text,
    consecutive_failures integer DEFAULT 0 NOT NULL,
    run_count bigint DEFAULT 0 NOT NULL,
    failure_count bigint DEFAULT 0 NOT NULL
);

CREATE TABLE quartz.qrtz_locks (
    sched_name text NOT NULL,
    lock_name text NOT NULL
);

CREATE TABLE quartz.qrtz_misfire_history (
    sched_name text NOT NULL,
    entry_id text NOT NULL,
    instance_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    job_name text,
    job_group text,
    misfire_time bigint NOT NULL,
    sched_time bigint,
    reason integer
);

CREATE TABLE quartz.qrtz_paused_job_grps (
    sched_name text NOT NULL,
    job_group text NOT NULL,
    pause_reason character varying(250),
    paused_by character varying(200),
    paused_at bigint
);

CREATE TABLE quartz.qrtz_paused_trigger_grps (
    sched_name text NOT NULL,
    trigger_group text NOT NULL,
    pause_reason character varying(250),
    paused_by character varying(200),
    paused_at bigint
);

CREATE TABLE quartz.qrtz_scheduler_state (
    sched_name text NOT NULL,
    instance_name text NOT NULL,
    last_checkin_time bigint NOT NULL,
    checkin_interval bigint NOT NULL,
    quartz_version character varying(20)
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='200', autovacuum_vacuum_cost_delay='0');

CREATE TABLE quartz.qrtz_simple_triggers (
    sched_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    repeat_count bigint NOT NULL,
    repeat_interval bigint NOT NULL,
    times_triggered bigint NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE quartz.qrtz_simprop_triggers (
    sched_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    str_prop_1 text,
    str_prop_2 text,
    str_prop_3 text,
    int_prop_1 integer,
    int_prop_2 integer,
    long_prop_1 bigint,
    long_prop_2 bigint,
    dec_prop_1 numeric,
    dec_prop_2 numeric,
    bool_prop_1 boolean,
    bool_prop_2 boolean,
    time_zone_id text
);

CREATE TABLE quartz.qrtz_triggers (
    sched_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    job_name text NOT NULL,
    job_group text NOT NULL,
    description text,
    next_fire_time bigint,
    prev_fire_time bigint,
    priority integer,
    trigger_state text NOT NULL,
    trigger_type text NOT NULL,
    start_time bigint NOT NULL,
    end_time bigint,
    calendar_name text,
    misfire_instr smallint,
    misfire_orig_fire_time bigint,
    execution_group character varying(200),
    preferred_node character varying(200),
    preferred_node_auto boolean DEFAULT false NOT NULL,
    retry_policy character varying(250),
    retry_attempt integer,
    continues_trigger_name text,
    continues_trigger_group text,
    continuation_condition integer,
    overlap_policy integer,
    pause_reason character varying(250),
    paused_by character varying(200),
    paused_at bigint,
    misfire_threshold bigint,
    fixed_delay boolean,
    job_data bytea
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.5', autovacuum_analyze_threshold='5000');

CREATE TABLE scheduler_private.run (
    run_key text NOT NULL,
    job text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    version integer NOT NULL,
    priority smallint NOT NULL,
    runs_on text[] DEFAULT '{}'::text[] NOT NULL,
    on_lost text DEFAULT 'rerun'::text NOT NULL,
    node text,
    owner bigint,
    token bigint DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    losses smallint DEFAULT 0 NOT NULL,
    past_attempts jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    verdict text,
    reason text,
    result jsonb,
    error text,
    progress jsonb,
    params jsonb,
    requested_by text,
    cause text,
    cancel jsonb,
    checkpoint jsonb,
    concurrency_group text,
    only_node text,
    part_of text,
    CONSTRAINT run_finished_has_end CHECK (((state = 'finished'::text) = (ended_at IS NOT NULL))),
    CONSTRAINT run_finished_has_verdict CHECK (((state = 'finished'::text) = (verdict IS NOT NULL))),
    CONSTRAINT run_running_has_owner CHECK (((state <> 'running'::text) OR ((owner IS NOT NULL) AND (node IS NOT NULL) AND (token > 0)))),
    CONSTRAINT run_state_is_known CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'finished'::text]))),
    CONSTRAINT run_verdict_is_known CHECK ((verdict = ANY (ARRAY['succeeded'::text, 'failed'::text, 'timed_out'::text, 'cancelled'::text, 'skipped'::text, 'missed'::text, 'unknown'::text])))
)
PARTITION BY RANGE (due_at);

CREATE VIEW scheduler.attempt AS
 SELECT r.run_key,
    r.job,
    r.due_at,
    ((p.value ->> 'attempt'::text))::integer AS attempt,
    ((p.value ->> 'token'::text))::bigint AS token,
    (p.value ->> 'node'::text) AS node,
    ((p.value ->> 'started_at'::text))::timestamp with time zone AS started_at,
    ((p.value ->> 'ended_at'::text))::timestamp with time zone AS ended_at,
    (p.value ->> 'outcome'::text) AS outcome,
    (p.value ->> 'error'::text) AS error
   FROM (scheduler_private.run r
     CROSS JOIN LATERAL jsonb_array_elements(r.past_attempts) p(value))
UNION ALL
 SELECT r.run_key,
    r.job,
    r.due_at,
    r.attempts AS attempt,
    r.token,
    r.node,
    r.started_at,
    r.ended_at,
    COALESCE(r.verdict, r.state) AS outcome,
    r.error
   FROM scheduler_private.run r
  WHERE ((r.attempts > 0) AND ((r.state = 'running'::text) OR ((r.state = 'finished'::text) AND (r.owner IS NOT NULL))));

CREATE VIEW scheduler.audit AS
 SELECT v.at,
    v.job,
    v.version,
    v.action,
    v.role,
    v.application,
    v.source,
    v.reason,
        CASE
            WHEN (v.changes IS NOT NULL) THEN v.changes
            ELSE ( SELECT jsonb_object_agg(d.key,
                    CASE v.action
                        WHEN 'delete'::text THEN jsonb_build_array(d.value, NULL::unknown)
                        ELSE jsonb_build_array(NULL::unknown, d.value)
                    END) AS jsonb_object_agg
               FROM jsonb_each(v.definition) d(key, value))
        END AS changes,
    v.id
   FROM scheduler_private.job_version v;

CREATE TABLE scheduler_private.approval (
    run_key text NOT NULL,
    job text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    new_run_key text NOT NULL,
    reason text NOT NULL,
    approved_by text DEFAULT SESSION_USER NOT NULL,
    approved_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE scheduler_private.job_gate (
    job text NOT NULL,
    version integer NOT NULL,
    enabled boolean NOT NULL,
    paused boolean NOT NULL,
    overlap text NOT NULL,
    missed text NOT NULL,
    start_within interval,
    on_lost text NOT NULL,
    priority smallint NOT NULL,
    runs_on text[] NOT NULL,
    active_key text,
    last_run_key text,
    last_verdict text,
    last_due_at timestamp with time zone,
    last_ended_at timestamp with time zone,
    last_success_at timestamp with time zone,
    failures_in_row integer DEFAULT 0 NOT NULL,
    finished_count bigint DEFAULT 0 NOT NULL,
    success_count bigint DEFAULT 0 NOT NULL,
    paused_until timestamp with time zone,
    followed boolean DEFAULT false NOT NULL,
    supersedes boolean DEFAULT false NOT NULL,
    concurrency_group text,
    concurrency_limit integer,
    notify smallint DEFAULT 0 NOT NULL,
    failures_before integer DEFAULT 0 NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='2000', autovacuum_vacuum_cost_delay='0');

CREATE VIEW scheduler.awaiting_approval AS
 SELECT r.run_key,
    r.job,
    r.due_at,
    r.ended_at,
    (r.result -> 'would_delete'::text) AS would_delete,
    r.error,
    r.version
   FROM (scheduler_private.job_gate g
     CROSS JOIN LATERAL ( SELECT l.run_key,
            l.job,
            l.due_at,
            l.state,
            l.version,
            l.priority,
            l.runs_on,
            l.on_lost,
            l.node,
            l.owner,
            l.token,
            l.attempts,
            l.losses,
            l.past_attempts,
            l.created_at,
            l.started_at,
            l.ended_at,
            l.verdict,
            l.reason,
            l.result,
            l.error,
            l.progress,
            l.params,
            l.requested_by,
            l.cause,
            l.cancel,
            l.checkpoint,
            l.concurrency_group,
            l.only_node,
            l.part_of
           FROM scheduler_private.run l
          WHERE ((l.due_at = g.last_due_at) AND (l.run_key = g.last_run_key))
         OFFSET 0) r)
  WHERE ((g.last_verdict = 'failed'::text) AND (r.reason = 'guard'::text) AND (NOT (EXISTS ( SELECT
           FROM scheduler_private.approval a
          WHERE (a.run_key = r.run_key)))));

CREATE TABLE scheduler_private.backfill (
    id bigint NOT NULL,
    job text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    spacing interval,
    cap integer NOT NULL,
    dry_run boolean NOT NULL,
    requested_by text DEFAULT SESSION_USER NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    state text DEFAULT 'asked'::text NOT NULL,
    due timestamp with time zone[],
    succeeded_count integer,
    entered_count integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone,
    problem text,
    node text,
    answered_at timestamp with time zone,
    CONSTRAINT backfill_state_is_known CHECK ((state = ANY (ARRAY['asked'::text, 'entering'::text, 'done'::text, 'refused'::text])))
);

CREATE VIEW scheduler.backfill_request AS
 SELECT b.id,
    b.job,
    b.from_at,
    b.until_at,
    b.spacing,
    b.cap,
    b.dry_run,
    b.state,
    cardinality(b.due) AS due_count,
    b.succeeded_count,
    b.due[1] AS first_due_at,
    b.due[cardinality(b.due)] AS last_due_at,
    b.entered_count,
    b.problem,
    b.requested_by,
    b.requested_at,
    b.node,
    b.answered_at
   FROM scheduler_private.backfill b
  ORDER BY b.id DESC;

CREATE TABLE scheduler.calendar (
    name text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    holidays date[] DEFAULT '{}'::date[] NOT NULL,
    weekdays text[] DEFAULT '{}'::text[] NOT NULL,
    blackouts jsonb DEFAULT '[]'::jsonb NOT NULL,
    source text DEFAULT 'sql'::text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    problem text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT calendar_name_is_plain CHECK ((name ~ '^[a-z0-9._/-]{1,200}$'::text))
);

COMMENT ON TABLE scheduler.calendar IS 'Named holidays and blackouts, one row each; editable.';

CREATE TABLE scheduler_private.healed (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    node text NOT NULL,
    job text NOT NULL,
    trigger text,
    what text NOT NULL,
    before jsonb
);

CREATE VIEW scheduler.healed AS
 SELECT h.at,
    h.node,
    h.job,
    h.trigger,
    h.what,
    h.before
   FROM scheduler_private.healed h
  ORDER BY h.id DESC;

CREATE TABLE scheduler_private.incident (
    id bigint NOT NULL,
    key text NOT NULL,
    condition text NOT NULL,
    severity text NOT NULL,
    job text,
    node text,
    title text NOT NULL,
    detail text,
    cause text,
    opened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    resolved_at timestamp with time zone,
    suppressed_by bigint,
    told boolean DEFAULT false NOT NULL,
    acked_at timestamp with time zone,
    acked_by text,
    ack_reason text,
    CONSTRAINT incident_severity_is_known CHECK ((severity = ANY (ARRAY['page'::text, 'warning'::text, 'info'::text])))
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='500');

CREATE VIEW scheduler.incident AS
 SELECT i.id,
    i.key,
    i.condition,
        CASE
            WHEN (i.resolved_at IS NOT NULL) THEN 'resolved'::text
            WHEN (i.suppressed_by IS NOT NULL) THEN 'suppressed'::text
            ELSE 'open'::text
        END AS state,
    i.severity,
    i.job,
    i.node,
    i.title,
    i.detail,
    i.opened_at,
    i.changed_at,
    i.resolved_at,
    i.suppressed_by,
    i.acked_at,
    i.acked_by,
    i.ack_reason,
        CASE
            WHEN (i.resolved_at IS NULL) THEN ( SELECT (count(*))::integer AS count
               FROM scheduler_private.incident c
              WHERE ((c.suppressed_by = i.id) AND (c.resolved_at IS NULL)))
            ELSE 0
        END AS suppresses
   FROM scheduler_private.incident i
  ORDER BY (i.resolved_at IS NOT NULL), (i.suppressed_by IS NOT NULL), (i.severity = 'page'::text) DESC, (i.severity = 'warning'::text) DESC, i.id DESC;

CREATE TABLE scheduler_private.job_file (
    what text NOT NULL,
    name text NOT NULL,
    last_applied jsonb NOT NULL,
    source text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    applied_by text NOT NULL,
    hash text NOT NULL,
    CONSTRAINT job_file_is_of_something CHECK ((what = ANY (ARRAY['job'::text, 'calendar'::text, 'channel'::text])))
);

CREATE VIEW scheduler.job_file AS
 SELECT f.what,
    f.name,
    f.last_applied,
    f.source,
    f.applied_at,
    f.applied_by,
    f.hash
   FROM scheduler_private.job_file f
  ORDER BY f.what, f.name;

CREATE TABLE scheduler_private.event (
    run_key text NOT NULL,
    job text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    cause text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    part text
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');

CREATE SEQUENCE scheduler_private.job_change_mark
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE scheduler_private.job_change (
    job text NOT NULL,
    mark bigint DEFAULT nextval('scheduler_private.job_change_mark'::regclass) NOT NULL,
    marked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='2000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE scheduler_private.job_note (
    job text NOT NULL,
    version integer NOT NULL,
    notes text[] NOT NULL,
    looked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    in_words text
);

COMMENT ON COLUMN scheduler_private.job_note.in_words IS 'the schedule as an English sentence; null where it cannot be read';

CREATE TABLE scheduler_private.subscription (
    event text NOT NULL,
    source text NOT NULL,
    job text NOT NULL,
    condition text NOT NULL,
    place smallint DEFAULT 0 NOT NULL,
    part text DEFAULT ''::text NOT NULL,
    delay interval DEFAULT '00:00:00'::interval NOT NULL,
    waits_for smallint DEFAULT 1 NOT NULL,
    from_startup boolean DEFAULT false NOT NULL,
    mark text DEFAULT ''::text NOT NULL,
    gathering bigint,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT subscription_condition_is_known CHECK ((condition = ANY (ARRAY[''::text, 'success'::text, 'failure'::text, 'any'::text]))),
    CONSTRAINT subscription_event_is_known CHECK ((event = ANY (ARRAY['after'::text, 'startup'::text, 'release'::text, 'notify'::text, 'node'::text, 'end'::text])))
);

CREATE VIEW scheduler.job_status AS
 SELECT j.name,
    j.kind,
    j.schedule,
    j.time_zone,
        CASE
            WHEN (NOT j.enabled) THEN 'disabled'::text
            WHEN ((j.paused_at IS NOT NULL) AND COALESCE((j.paused_until > clock_timestamp()), true)) THEN 'paused'::text
            WHEN (j.problem IS NOT NULL) THEN 'problem'::text
            WHEN ((live.state IS NULL) AND (j.count IS NOT NULL) AND (due.next_fire_at IS NULL) AND (g.last_due_at >= j.starts) AND (NOT (EXISTS ( SELECT
               FROM scheduler_private.subscription s
              WHERE (s.job = j.name))))) THEN 'done'::text
            ELSE COALESCE(live.state, 'idle'::text)
        END AS state,
    g.last_verdict,
    g.last_run_key,
    g.last_due_at,
    g.last_ended_at,
    g.last_success_at,
    due.next_fire_at,
    j.problem,
    g.failures_in_row,
    g.finished_count,
        CASE
            WHEN (g.finished_count > 0) THEN round(((g.success_count)::numeric / (g.finished_count)::numeric), 4)
            ELSE NULL::numeric
        END AS success_rate,
    j.overlap,
    j.priority,
    j.runs_on,
    j.description,
    j.owner,
    j.tags,
    j.version,
    j.source,
    LEAST(j.paused_until, '9998-12-31 00:00:00+00'::timestamp with time zone) AS paused_until,
    (COALESCE(n.notes, '{}'::text[]) ||
        CASE
            WHEN (j.name IN ( SELECT c.job
               FROM scheduler_private.job_change c)) THEN ARRAY['not judged yet by a node'::text]
            ELSE '{}'::text[]
        END) AS notes,
    n.in_words
   FROM ((((scheduler.job j
     LEFT JOIN scheduler_private.job_gate g ON ((g.job = j.name)))
     LEFT JOIN scheduler_private.job_note n ON (((n.job = j.name) AND (n.version = j.version))))
     LEFT JOIN LATERAL ( SELECT
                CASE
                    WHEN bool_or((r.state = 'running'::text)) THEN 'running'::text
                    WHEN (count(*) > 0) THEN 'queued'::text
                    ELSE NULL::text
                END AS state
           FROM scheduler_private.run r
          WHERE ((r.state <> 'finished'::text) AND (r.job = j.name))) live ON (true))
     LEFT JOIN LATERAL ( SELECT LEAST(('1970-01-01 00:00:00+00'::timestamp with time zone + ((((min(t.next_fire_time) - '621355968000000000'::bigint) / 10))::double precision * '00:00:00.000001'::interval)), ( SELECT min(e.due_at) AS min
                   FROM scheduler_private.event e
                  WHERE (e.job = j.name))) AS next_fire_at
           FROM quartz.qrtz_triggers t
          WHERE ((t.sched_name = 'scheduler'::text) AND (t.job_name = j.name) AND (t.job_group = 'jobs'::text) AND (t.next_fire_time > 0))) due ON (true))
  ORDER BY j.name;

CREATE VIEW scheduler.job_version AS
 SELECT v.job,
    v.version,
    v.action,
    v.at AS valid_from,
        CASE
            WHEN (v.action = 'delete'::text) THEN v.at
            ELSE lead(v.at) OVER (PARTITION BY v.job ORDER BY v.version)
        END AS valid_until,
    v.role,
    v.application,
    v.source,
    v.reason,
    v.definition,
    v.changes,
    v.id
   FROM scheduler_private.job_version v;

CREATE TABLE scheduler_private.node (
    name text NOT NULL,
    lease_id bigint NOT NULL,
    state text NOT NULL,
    reason text,
    labels text[] DEFAULT '{}'::text[] NOT NULL,
    slots integer NOT NULL,
    running integer DEFAULT 0 NOT NULL,
    version text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    url text,
    clock_offset interval DEFAULT '00:00:00'::interval NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    renewed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease_until timestamp with time zone NOT NULL,
    kinds text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT node_name_is_plain CHECK ((name ~ '^[a-zA-Z0-9._-]{1,63}$'::text)),
    CONSTRAINT node_state_is_known CHECK ((state = ANY (ARRAY['live'::text, 'standby'::text, 'draining'::text, 'stopped'::text])))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='200', autovacuum_vacuum_cost_delay='0');

CREATE VIEW scheduler.node AS
 SELECT n.name,
        CASE
            WHEN ((n.state <> 'stopped'::text) AND (n.lease_until <= clock_timestamp())) THEN 'dead'::text
            ELSE n.state
        END AS state,
    n.reason,
    n.labels,
    n.slots,
    ( SELECT (count(*))::integer AS count
           FROM scheduler_private.run r
          WHERE ((r.state = 'running'::text) AND (r.owner = n.lease_id))) AS running,
    n.version,
    n.host,
    n.pid,
    n.url,
    (round((EXTRACT(epoch FROM n.clock_offset) * (1000)::numeric)))::integer AS clock_offset_ms,
    n.started_at,
    n.renewed_at,
    n.lease_until,
    n.lease_id
   FROM scheduler_private.node n
  ORDER BY n.name;

CREATE TABLE scheduler_private.notification (
    id bigint NOT NULL,
    channel text NOT NULL,
    dedupe_key text DEFAULT ('n-'::text || replace((gen_random_uuid())::text, '-'::text, ''::text)) NOT NULL,
    what text NOT NULL,
    payload jsonb NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    next_try_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    claimed_until timestamp with time zone,
    owner bigint,
    node text,
    error text,
    ended_at timestamp with time zone,
    CONSTRAINT notification_ended_has_end CHECK (((state = 'waiting'::text) = (ended_at IS NULL))),
    CONSTRAINT notification_is_of_a_sort CHECK ((what = ANY (ARRAY['alerts'::text, 'digest'::text, 'test'::text, 'heartbeat'::text]))),
    CONSTRAINT notification_state_is_known CHECK ((state = ANY (ARRAY['waiting'::text, 'delivered'::text, 'failed'::text])))
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='500');

CREATE VIEW scheduler.notification AS
 SELECT n.id,
    n.channel,
    n.what,
    n.state,
    n.attempts,
    n.error,
    n.payload,
    n.dedupe_key,
    n.node,
    n.created_at,
    n.next_try_at,
    n.expires_at,
    n.ended_at
   FROM scheduler_private.notification n
  ORDER BY n.id DESC;

CREATE VIEW scheduler.run AS
 SELECT r.run_key,
    r.job,
    r.due_at,
    r.state,
        CASE
            WHEN (r.state <> 'queued'::text) THEN NULL::text
            WHEN (g.paused AND COALESCE((g.paused_until > clock_timestamp()), true) AND (r.requested_by IS NULL) AND (r.part_of IS NULL)) THEN 'the job is paused'::text
            WHEN ((g.overlap = 'queue'::text) AND (g.active_key IS NOT NULL) AND (g.active_key <> r.run_key) AND (r.part_of IS NULL)) THEN (('run '::text || g.active_key) || ' of the same job'::text)
            WHEN ((r.concurrency_group IS NOT NULL) AND (c.running >= c.places)) THEN (((((('a place in group '::text || r.concurrency_group) || ' ('::text) || c.running) || ' of '::text) || c.places) || ' run)'::text)
            WHEN (NOT (EXISTS ( SELECT
               FROM scheduler_private.node n
              WHERE ((n.state = 'live'::text) AND (n.lease_until > clock_timestamp()) AND (array_remove(r.runs_on, 'all'::text) <@ n.labels) AND COALESCE((n.name = r.only_node), true))))) THEN (('a live node'::text || COALESCE((', '::text || r.only_node), ''::text)) ||
            CASE
                WHEN (r.runs_on = '{}'::text[]) THEN ''::text
                ELSE (' with the labels '::text || array_to_string(r.runs_on, ', '::text))
            END)
            ELSE 'a free slot'::text
        END AS waiting_for,
    r.node,
    r.token,
    r.attempts,
    r.started_at,
    r.ended_at,
    r.verdict,
    r.reason,
    r.result,
    r.error,
    r.progress,
    COALESCE(r.requested_by, r.cause) AS requested_by,
    r.version,
    r.created_at,
    r.priority,
    r.params,
    r.losses,
    r.past_attempts,
    r.cancel,
    r.concurrency_group,
    "left"(encode(sha256(convert_to(r.run_key, 'UTF8'::name)), 'hex'::text), 32) AS trace_id,
    r.part_of
   FROM ((scheduler_private.run r
     LEFT JOIN scheduler_private.job_gate g ON (((g.job = r.job) AND (r.state = 'queued'::text))))
     LEFT JOIN LATERAL ( SELECT ( SELECT count(*) AS count
                   FROM scheduler_private.run o
                  WHERE ((o.concurrency_group = r.concurrency_group) AND (o.state = 'running'::text))) AS running,
            ( SELECT min(o.concurrency_limit) AS min
                   FROM scheduler_private.job_gate o
                  WHERE (o.concurrency_group = r.concurrency_group)) AS places
          WHERE ((r.state = 'queued'::text) AND (r.concurrency_group IS NOT NULL))) c ON (true));

CREATE TABLE scheduler_private.run_output (
    due_at timestamp with time zone NOT NULL,
    run_key text NOT NULL,
    attempt integer NOT NULL,
    first_line bigint NOT NULL,
    line_count integer NOT NULL,
    bytes_before bigint NOT NULL,
    bytes bigint NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    lines text NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='5000', toast.autovacuum_vacuum_scale_factor='0.05', toast.autovacuum_vacuum_threshold='5000');

CREATE VIEW scheduler.run_output AS
 SELECT c.run_key,
    "substring"(c.run_key, '^[^@!]+'::text) AS job,
    c.due_at,
    c.attempt,
    l.line,
    l.at,
    l.stream,
    l.text
   FROM (( SELECT o.due_at,
            o.run_key,
            o.attempt,
            o.first_line,
            o.bytes_before,
            o.begun_at,
            o.lines,
            lag((o.first_line + o.line_count), 1, (1)::bigint) OVER earlier AS next_line,
            lag((o.bytes_before + o.bytes), 1, (0)::bigint) OVER earlier AS next_byte
           FROM scheduler_private.run_output o
          WINDOW earlier AS (PARTITION BY o.due_at, o.run_key, o.attempt ORDER BY o.first_line)) c
     CROSS JOIN LATERAL ( SELECT c.next_line AS line,
            c.begun_at AS at,
            'dropped'::text AS stream,
            format('… %s lines (%s bytes) were not kept …'::text, (c.first_line - c.next_line), (c.bytes_before - c.next_byte)) AS text
          WHERE (c.first_line > c.next_line)
        UNION ALL
         SELECT ((c.first_line + u.place) - 1),
            (c.begun_at + (((substr(split_part(u.entry, ' '::text, 1), 2))::bigint)::double precision * '00:00:00.001'::interval)),
                CASE "left"(u.entry, 1)
                    WHEN 'o'::text THEN 'stdout'::text
                    WHEN 'e'::text THEN 'stderr'::text
                    WHEN 'n'::text THEN 'notice'::text
                    ELSE 'scheduler'::text
                END AS "case",
            substr(u.entry, (strpos(u.entry, ' '::text) + 1)) AS substr
           FROM unnest(string_to_array(c.lines, '
'::text)) WITH ORDINALITY u(entry, place)) l);

CREATE VIEW scheduler.running AS
 SELECT r.run_key,
    r.job,
    r.due_at,
    r.node,
    r.token,
    r.attempts,
    r.started_at,
    (clock_timestamp() - r.started_at) AS running_for,
    r.progress
   FROM scheduler_private.run r
  WHERE (r.state = 'running'::text)
  ORDER BY r.started_at;

CREATE TABLE snapshot.upload (
    id bigint NOT NULL,
    run_key text NOT NULL,
    node text NOT NULL,
    state text DEFAULT 'starting'::text NOT NULL,
    reason text,
    error text,
    definition jsonb NOT NULL,
    target text NOT NULL,
    attempt integer DEFAULT 1 NOT NULL,
    token bigint NOT NULL,
    taken boolean DEFAULT false NOT NULL,
    agent_group text NOT NULL,
    agent_job text,
    agent_process text,
    agent_started text,
    bytes bigint DEFAULT 0 NOT NULL,
    bytes_total bigint,
    files bigint DEFAULT 0 NOT NULL,
    files_total bigint,
    base_bytes bigint DEFAULT 0 NOT NULL,
    base_files bigint DEFAULT 0 NOT NULL,
    fraction double precision DEFAULT 0 NOT NULL,
    activity bigint DEFAULT 0 NOT NULL,
    rate_bytes double precision,
    eta_at timestamp with time zone,
    wanted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    started_at timestamp with time zone,
    seen_at timestamp with time zone,
    moved_at timestamp with time zone,
    problem text,
    ended_at timestamp with time zone,
    verified_at timestamp with time zone,
    removed_at timestamp with time zone,
    resume_at timestamp with time zone,
    request jsonb,
    past jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT upload_attempts_are_counted_up CHECK ((attempt >= 1)),
    CONSTRAINT upload_bad_end_has_reason CHECK (((state <> ALL (ARRAY['failed'::text, 'cancelled'::text, 'lost'::text])) OR (reason IS NOT NULL))),
    CONSTRAINT upload_counts_are_counts CHECK (((bytes >= 0) AND (files >= 0) AND (bytes <= COALESCE(bytes_total, bytes)))),
    CONSTRAINT upload_ended_has_end CHECK (((state = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text, 'lost'::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT upload_error_is_short CHECK ((length(error) <= 4000)),
    CONSTRAINT upload_fraction_is_one CHECK (((fraction >= (0)::double precision) AND (fraction <= (1)::double precision))),
    CONSTRAINT upload_removed_was_ended CHECK (((removed_at IS NULL) OR (ended_at IS NOT NULL))),
    CONSTRAINT upload_running_is_known_to_its_agent CHECK (((state <> 'running'::text) OR ((agent_job IS NOT NULL) AND (started_at IS NOT NULL)))),
    CONSTRAINT upload_state_is_known CHECK ((state = ANY (ARRAY['starting'::text, 'running'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'lost'::text]))),
    CONSTRAINT upload_waits_for_resume_only_when_ended CHECK (((resume_at IS NULL) OR (state = ANY (ARRAY['failed'::text, 'lost'::text, 'cancelled'::text]))))
)
WITH (fillfactor='70');

CREATE VIEW scheduler.upload AS
 SELECT u.id,
    u.node,
    u.state,
    u.reason,
    round(((u.fraction)::numeric * (100)::numeric), 1) AS percent,
    u.bytes,
    u.bytes_total,
    u.files,
    u.files_total,
        CASE
            WHEN (u.state = 'running'::text) THEN (round(u.rate_bytes))::bigint
            ELSE NULL::bigint
        END AS rate_bytes,
        CASE
            WHEN ((u.state = 'running'::text) AND (u.eta_at IS NOT NULL)) THEN GREATEST((u.eta_at - clock_timestamp()), '00:00:00'::interval)
            ELSE NULL::interval
        END AS eta,
    u.attempt,
    u.wanted_at,
    u.started_at,
    u.seen_at,
    u.moved_at,
    u.ended_at,
    u.verified_at,
    u.removed_at,
    u.resume_at,
    u.problem,
    u.error,
    u.run_key,
    (u.definition ->> 'source'::text) AS source,
    u.target,
    ((u.definition -> 'agent'::text) ->> 'kind'::text) AS agent_kind,
    ((u.definition -> 'agent'::text) ->> 'url'::text) AS agent_url,
    u.agent_job,
    u.agent_process,
    u.agent_started,
    u.agent_group,
    u.request,
    u.past
   FROM snapshot.upload u
  ORDER BY u.id DESC;

CREATE TABLE scheduler_private.alert (
    channel text NOT NULL,
    key text NOT NULL,
    event text NOT NULL,
    job text,
    severity text NOT NULL,
    open boolean NOT NULL,
    told boolean DEFAULT false NOT NULL,
    folded boolean DEFAULT false NOT NULL,
    happened integer DEFAULT 0 NOT NULL,
    since timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    pending_since timestamp with time zone,
    told_at timestamp with time zone,
    flips integer DEFAULT 0 NOT NULL,
    flips_since timestamp with time zone NOT NULL,
    flap_told boolean DEFAULT false NOT NULL,
    run_key text,
    due_at timestamp with time zone,
    title text,
    detail text
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='500');

ALTER TABLE scheduler_private.backfill ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME scheduler_private.backfill_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE scheduler_private.channel (
    name text NOT NULL,
    burst bigint DEFAULT 0 NOT NULL,
    heard_at timestamp with time zone
);

CREATE TABLE scheduler_private.channel_turn (
    channel text NOT NULL,
    composed_at timestamp with time zone,
    heartbeat_at timestamp with time zone
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='200');

CREATE TABLE scheduler_private.cluster_start (
    only_row boolean DEFAULT true NOT NULL,
    started_at timestamp with time zone,
    leases bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    CONSTRAINT cluster_start_is_one_row CHECK (only_row)
);

CREATE TABLE scheduler_private.gate_lock (
);

CREATE TABLE scheduler_private.gathering (
    id bigint NOT NULL,
    job text NOT NULL,
    runs jsonb DEFAULT '{}'::jsonb NOT NULL
)
WITH (fillfactor='50');

CREATE SEQUENCE scheduler_private.gathering_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER TABLE scheduler_private.healed ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME scheduler_private.healed_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE scheduler_private.incident ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME scheduler_private.incident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE scheduler_private.incident_look (
    only_row boolean DEFAULT true NOT NULL,
    looked_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    found_count integer DEFAULT 0 NOT NULL,
    CONSTRAINT incident_look_is_one_row CHECK (only_row)
)
WITH (fillfactor='50');

CREATE TABLE scheduler_private.job_chain (
    place bigint NOT NULL,
    version_id bigint NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE scheduler_private.job_chain_end (
    only_row boolean DEFAULT true NOT NULL,
    place bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT chain_end_is_one_row CHECK (only_row)
)
WITH (fillfactor='50');

ALTER TABLE scheduler_private.job_version ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME scheduler_private.job_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE scheduler_private.kind (
    name text NOT NULL,
    schema jsonb NOT NULL,
    defaults jsonb DEFAULT '{}'::jsonb NOT NULL,
    summary text DEFAULT ''::text NOT NULL,
    published_by text NOT NULL,
    published_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE SEQUENCE scheduler_private.lease_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE scheduler_private.migration (
    number integer NOT NULL,
    file text NOT NULL,
    hash text NOT NULL,
    breaking boolean NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE scheduler_private.notification ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME scheduler_private.notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE scheduler_private.outbox (
    id bigint NOT NULL,
    event text NOT NULL,
    job text,
    run_key text,
    due_at timestamp with time zone,
    channels text[] NOT NULL,
    key text,
    open boolean,
    severity text,
    title text,
    detail text,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');

ALTER TABLE scheduler_private.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME scheduler_private.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE scheduler_private.question (
    id bigint NOT NULL,
    schedule text NOT NULL,
    time_zone text NOT NULL,
    fires integer NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    answer text,
    error text,
    answered_at timestamp with time zone,
    due_after timestamp with time zone
);

COMMENT ON COLUMN scheduler_private.question.due_after IS 'due times strictly after this instant; null: now';

ALTER TABLE scheduler_private.question ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME scheduler_private.question_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE scheduler_private.request (
    job text NOT NULL,
    key text NOT NULL,
    run_key text NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='5000');

CREATE TABLE scheduler_private.run_default (
    run_key text NOT NULL,
    job text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    version integer NOT NULL,
    priority smallint NOT NULL,
    runs_on text[] DEFAULT '{}'::text[] NOT NULL,
    on_lost text DEFAULT 'rerun'::text NOT NULL,
    node text,
    owner bigint,
    token bigint DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    losses smallint DEFAULT 0 NOT NULL,
    past_attempts jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    verdict text,
    reason text,
    result jsonb,
    error text,
    progress jsonb,
    params jsonb,
    requested_by text,
    cause text,
    cancel jsonb,
    checkpoint jsonb,
    concurrency_group text,
    only_node text,
    part_of text,
    CONSTRAINT run_finished_has_end CHECK (((state = 'finished'::text) = (ended_at IS NOT NULL))),
    CONSTRAINT run_finished_has_verdict CHECK (((state = 'finished'::text) = (verdict IS NOT NULL))),
    CONSTRAINT run_running_has_owner CHECK (((state <> 'running'::text) OR ((owner IS NOT NULL) AND (node IS NOT NULL) AND (token > 0)))),
    CONSTRAINT run_state_is_known CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'finished'::text]))),
    CONSTRAINT run_verdict_is_known CHECK ((verdict = ANY (ARRAY['succeeded'::text, 'failed'::text, 'timed_out'::text, 'cancelled'::text, 'skipped'::text, 'missed'::text, 'unknown'::text])))
)
WITH (fillfactor='100', autovacuum_vacuum_scale_factor='0.1', autovacuum_vacuum_threshold='50000', autovacuum_vacuum_insert_scale_factor='0.2', autovacuum_vacuum_insert_threshold='100000', autovacuum_freeze_min_age='1000000', autovacuum_vacuum_cost_limit='2000');

CREATE TABLE scheduler_private.schema_object (
    name text NOT NULL,
    hash text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

CREATE TABLE scheduler_private.sweep (
    only_row boolean DEFAULT true NOT NULL,
    after_name text DEFAULT ''::text NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT sweep_is_one_row CHECK (only_row)
)
WITH (fillfactor='50');

CREATE TABLE scheduler_private.trial (
    xid xid8 NOT NULL
);

COMMENT ON TABLE scheduler_private.trial IS 'Transactions that only try: they cannot be committed, and what they edit changes no gate.';

CREATE TABLE snapshot.node (
    name text NOT NULL,
    protocol text NOT NULL,
    endpoints jsonb DEFAULT '{}'::jsonb NOT NULL,
    schedule text DEFAULT '0 */6 * * *'::text NOT NULL,
    source text NOT NULL,
    destination text NOT NULL,
    agent jsonb NOT NULL,
    limits jsonb DEFAULT '{}'::jsonb NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_by text DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT node_destination_is_given CHECK (((length(destination) >= 1) AND (length(destination) <= 2000))),
    CONSTRAINT node_name_is_plain CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,99}$'::text)),
    CONSTRAINT node_protocol_is_known CHECK ((protocol = ANY (ARRAY['ethereum'::text, 'bitcoin'::text, 'cosmos'::text, 'http'::text, 'command'::text]))),
    CONSTRAINT node_source_is_given CHECK (((length(source) >= 1) AND (length(source) <= 2000)))
);

CREATE VIEW snapshot.by_node AS
 SELECT n.name,
    n.protocol,
    n.schedule,
    j.name AS job,
    last_due.due_at AS last_due_at,
    last_due.verdict AS last_verdict,
    last_due.reason AS last_reason,
    done.id AS last_completed_id,
    done.ended_at AS last_completed_at,
    done.bytes AS last_bytes,
    live.id AS running_id,
    live.fraction AS running_fraction,
    first_missing.due_at AS missing_since,
        CASE
            WHEN (last_due.due_at IS NULL) THEN 'not due yet'::text
            WHEN (first_missing.due_at IS NULL) THEN 'uploaded'::text
            WHEN (live.id IS NOT NULL) THEN 'running'::text
            ELSE 'missing'::text
        END AS state
   FROM (((((snapshot.node n
     LEFT JOIN LATERAL ( SELECT j_1.name
           FROM scheduler.job j_1
          WHERE ((j_1.kind = 'snapshot.upload'::text) AND (j_1.for_each IS NULL) AND ((j_1.settings ->> 'node'::text) = n.name))
         LIMIT 1) j ON (true))
     LEFT JOIN LATERAL ( SELECT r.due_at,
            r.verdict,
            r.reason
           FROM scheduler_private.run r
          WHERE ((r.job = j.name) AND (r.due_at <= clock_timestamp()))
          ORDER BY r.due_at DESC
         LIMIT 1) last_due ON (true))
     LEFT JOIN LATERAL ( SELECT u.id,
            u.ended_at,
            u.bytes,
            scheduler_private.due_of(u.run_key) AS due_at
           FROM snapshot.upload u
          WHERE ((u.node = n.name) AND (u.state = 'completed'::text))
          ORDER BY (scheduler_private.due_of(u.run_key)) DESC
         LIMIT 1) done ON (true))
     LEFT JOIN LATERAL ( SELECT u.id,
            u.fraction
           FROM snapshot.upload u
          WHERE ((u.node = n.name) AND (u.state = ANY (ARRAY['starting'::text, 'running'::text])))
         LIMIT 1) live ON (true))
     LEFT JOIN LATERAL ( SELECT r.due_at
           FROM scheduler_private.run r
          WHERE ((r.job = j.name) AND (r.due_at > COALESCE(done.due_at, '-infinity'::timestamp with time zone)) AND (r.due_at <= clock_timestamp()) AND (r.reason IS DISTINCT FROM 'disabled'::text) AND (NOT (EXISTS ( SELECT
                   FROM snapshot.upload a
                  WHERE ((a.node = n.name) AND (a.state = 'completed'::text) AND ((a.id)::text = (r.result ->> 'upload'::text)))))))
          ORDER BY r.due_at
         LIMIT 1) first_missing ON (true))
  WHERE n.enabled
  ORDER BY n.name;

CREATE VIEW snapshot.completeness AS
 WITH status AS (
         SELECT s.name,
            s.protocol,
            s.schedule,
            s.job,
            s.last_due_at,
            s.last_verdict,
            s.last_reason,
            s.last_completed_id,
            s.last_completed_at,
            s.last_bytes,
            s.running_id,
            s.running_fraction,
            s.missing_since,
            s.state,
                CASE
                    WHEN ((clock_timestamp() - s.missing_since) >= '2 days'::interval) THEN ((EXTRACT(day FROM (clock_timestamp() - s.missing_since)))::integer || ' d'::text)
                    WHEN ((clock_timestamp() - s.missing_since) >= '01:00:00'::interval) THEN ((floor((EXTRACT(epoch FROM (clock_timestamp() - s.missing_since)) / (3600)::numeric)))::integer || ' h'::text)
                    ELSE (GREATEST(1, (floor((EXTRACT(epoch FROM (clock_timestamp() - s.missing_since)) / (60)::numeric)))::integer) || ' min'::text)
                END AS missing_for
           FROM snapshot.by_node s
        ), counted AS (
         SELECT count(*) FILTER (WHERE (s.state <> 'not due yet'::text)) AS expected,
            count(*) FILTER (WHERE (s.state = 'uploaded'::text)) AS uploaded,
            count(*) FILTER (WHERE (s.state = 'running'::text)) AS running,
            count(*) FILTER (WHERE (s.state = 'missing'::text)) AS missing,
            count(*) FILTER (WHERE (s.state = 'not due yet'::text)) AS not_due,
            min(s.missing_since) FILTER (WHERE (s.state = 'missing'::text)) AS missing_since
           FROM status s
        )
 SELECT c.expected,
    c.uploaded,
    c.running,
    c.missing,
    c.not_due,
    c.missing_since,
    ((((((c.uploaded || ' of '::text) || c.expected) || ' uploaded'::text) ||
        CASE
            WHEN (c.running > 0) THEN ((', '::text || c.running) || ' running'::text)
            ELSE ''::text
        END) || COALESCE(( SELECT string_agg((((', '::text || m.name) || ' missing for '::text) || m.missing_for), ''::text ORDER BY m.missing_since, m.name) AS string_agg
           FROM ( SELECT s.name,
                    s.missing_for,
                    s.missing_since
                   FROM status s
                  WHERE (s.state = 'missing'::text)
                  ORDER BY s.missing_since, s.name
                 LIMIT 10) m), ''::text)) ||
        CASE
            WHEN (c.missing > 10) THEN ((' and '::text || (c.missing - 10)) || ' more'::text)
            ELSE ''::text
        END) AS sentence
   FROM counted c;

CREATE TABLE snapshot.node_metric (
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    node text NOT NULL,
    run_key text NOT NULL,
    height bigint,
    head_at timestamp with time zone,
    syncing boolean,
    sync_distance bigint,
    peers integer,
    chain text,
    client_version text,
    disk_free_bytes bigint,
    missing jsonb DEFAULT '{}'::jsonb NOT NULL,
    raw jsonb DEFAULT '{}'::jsonb NOT NULL
)
PARTITION BY RANGE (at);

CREATE TABLE snapshot.node_metric_default (
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    node text NOT NULL,
    run_key text NOT NULL,
    height bigint,
    head_at timestamp with time zone,
    syncing boolean,
    sync_distance bigint,
    peers integer,
    chain text,
    client_version text,
    disk_free_bytes bigint,
    missing jsonb DEFAULT '{}'::jsonb NOT NULL,
    raw jsonb DEFAULT '{}'::jsonb NOT NULL
);

ALTER TABLE snapshot.upload ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME snapshot.upload_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE SEQUENCE snapshot.upload_token
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER TABLE ONLY scheduler_private.run ATTACH PARTITION scheduler_private.run_default DEFAULT;

ALTER TABLE ONLY snapshot.node_metric ATTACH PARTITION snapshot.node_metric_default DEFAULT;

ALTER TABLE ONLY fleet.chunk
    ADD CONSTRAINT chunk_pkey PRIMARY KEY (id);

ALTER TABLE ONLY fleet.config
    ADD CONSTRAINT config_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY fleet.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY fleet.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (id);

ALTER TABLE ONLY quartz.qrtz_blob_triggers
    ADD CONSTRAINT qrtz_blob_triggers_pkey PRIMARY KEY (sched_name, trigger_name, trigger_group);

ALTER TABLE ONLY quartz.qrtz_calendars
    ADD CONSTRAINT qrtz_calendars_pkey PRIMARY KEY (sched_name, calendar_name);

ALTER TABLE ONLY quartz.qrtz_cron_triggers
    ADD CONSTRAINT qrtz_cron_triggers_pkey PRIMARY KEY (sched_name, trigger_name, trigger_group);

ALTER TABLE ONLY quartz.qrtz_execution_history
    ADD CONSTRAINT qrtz_execution_history_pkey PRIMARY KEY (sched_name, entry_id);

ALTER TABLE ONLY quartz.qrtz_fired_triggers
    ADD CONSTRAINT qrtz_fired_triggers_pkey PRIMARY KEY (sched_name, entry_id);

ALTER TABLE ONLY quartz.qrtz_job_details
    ADD CONSTRAINT qrtz_job_details_pkey PRIMARY KEY (sched_name, job_name, job_group);

ALTER TABLE ONLY quartz.qrtz_job_status
    ADD CONSTRAINT qrtz_job_status_pkey PRIMARY KEY (sched_name, job_group, job_name);

ALTER TABLE ONLY quartz.qrtz_locks
    ADD CONSTRAINT qrtz_locks_pkey PRIMARY KEY (sched_name, lock_name);

ALTER TABLE ONLY quartz.qrtz_misfire_history
    ADD CONSTRAINT qrtz_misfire_history_pkey PRIMARY KEY (sched_name, entry_id);

ALTER TABLE ONLY quartz.qrtz_paused_job_grps
    ADD CONSTRAINT qrtz_paused_job_grps_pkey PRIMARY KEY (sched_name, job_group);

ALTER TABLE ONLY quartz.qrtz_paused_trigger_grps
    ADD CONSTRAINT qrtz_paused_trigger_grps_pkey PRIMARY KEY (sched_name, trigger_group);

ALTER TABLE ONLY quartz.qrtz_scheduler_state
    ADD CONSTRAINT qrtz_scheduler_state_pkey PRIMARY KEY (sched_name, instance_name);

ALTER TABLE ONLY quartz.qrtz_simple_triggers
    ADD CONSTRAINT qrtz_simple_triggers_pkey PRIMARY KEY (sched_name, trigger_name, trigger_group);

ALTER TABLE ONLY quartz.qrtz_simprop_triggers
    ADD CONSTRAINT qrtz_simprop_triggers_pkey PRIMARY KEY (sched_name, trigger_name, trigger_group);

ALTER TABLE ONLY quartz.qrtz_triggers
    ADD CONSTRAINT qrtz_triggers_pkey PRIMARY KEY (sched_name, trigger_name, trigger_group);

ALTER TABLE ONLY scheduler.calendar
    ADD CONSTRAINT calendar_pkey PRIMARY KEY (name);

ALTER TABLE ONLY scheduler.channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (name);

ALTER TABLE ONLY scheduler.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (name);

ALTER TABLE ONLY scheduler_private.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (channel, key);

ALTER TABLE ONLY scheduler_private.approval
    ADD CONSTRAINT approval_new_run_key_key UNIQUE (new_run_key);

ALTER TABLE ONLY scheduler_private.approval
    ADD CONSTRAINT approval_pkey PRIMARY KEY (run_key);

ALTER TABLE ONLY scheduler_private.backfill
    ADD CONSTRAINT backfill_pkey PRIMARY KEY (id);

ALTER TABLE ONLY scheduler_private.channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (name);

ALTER TABLE ONLY scheduler_private.channel_turn
    ADD CONSTRAINT channel_turn_pkey PRIMARY KEY (channel);

ALTER TABLE ONLY scheduler_private.cluster_start
    ADD CONSTRAINT cluster_start_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY scheduler_private.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (run_key);

ALTER TABLE ONLY scheduler_private.gathering
    ADD CONSTRAINT gathering_pkey PRIMARY KEY (id);

ALTER TABLE ONLY scheduler_private.healed
    ADD CONSTRAINT healed_pkey PRIMARY KEY (id);

ALTER TABLE ONLY scheduler_private.incident_look
    ADD CONSTRAINT incident_look_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY scheduler_private.incident
    ADD CONSTRAINT incident_pkey PRIMARY KEY (id);

ALTER TABLE ONLY scheduler_private.job_chain_end
    ADD CONSTRAINT job_chain_end_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY scheduler_private.job_chain
    ADD CONSTRAINT job_chain_pkey PRIMARY KEY (place);

ALTER TABLE ONLY scheduler_private.job_chain
    ADD CONSTRAINT job_chain_version_id_key UNIQUE (version_id);

ALTER TABLE ONLY scheduler_private.job_change
    ADD CONSTRAINT job_change_pkey PRIMARY KEY (job);

ALTER TABLE ONLY scheduler_private.job_file
    ADD CONSTRAINT job_file_pkey PRIMARY KEY (what, name);

ALTER TABLE ONLY scheduler_private.job_gate
    ADD CONSTRAINT job_gate_pkey PRIMARY KEY (job);

ALTER TABLE ONLY scheduler_private.job_note
    ADD CONSTRAINT job_note_pkey PRIMARY KEY (job);

ALTER TABLE ONLY scheduler_private.job_version
    ADD CONSTRAINT job_version_job_version_key UNIQUE (job, version);

ALTER TABLE ONLY scheduler_private.job_version
    ADD CONSTRAINT job_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY scheduler_private.kind
    ADD CONSTRAINT kind_pkey PRIMARY KEY (name);

ALTER TABLE ONLY scheduler_private.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY scheduler_private.node
    ADD CONSTRAINT node_lease_id_key UNIQUE (lease_id);

ALTER TABLE ONLY scheduler_private.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (name);

ALTER TABLE ONLY scheduler_private.notification
    ADD CONSTRAINT notification_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY scheduler_private.notification
    ADD CONSTRAINT notification_pkey PRIMARY KEY (id);

ALTER TABLE ONLY scheduler_private.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY scheduler_private.question
    ADD CONSTRAINT question_pkey PRIMARY KEY (id);

ALTER TABLE ONLY scheduler_private.request
    ADD CONSTRAINT request_pkey PRIMARY KEY (job, key);

ALTER TABLE ONLY scheduler_private.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (due_at, run_key);

ALTER TABLE ONLY scheduler_private.run_default
    ADD CONSTRAINT run_default_pkey PRIMARY KEY (due_at, run_key);

ALTER TABLE ONLY scheduler_private.run_output
    ADD CONSTRAINT run_output_pkey PRIMARY KEY (due_at, run_key, attempt, first_line);

ALTER TABLE ONLY scheduler_private.schema_object
    ADD CONSTRAINT schema_object_pkey PRIMARY KEY (name);

ALTER TABLE ONLY scheduler_private.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (event, source, job, place);

ALTER TABLE ONLY scheduler_private.sweep
    ADD CONSTRAINT sweep_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY scheduler_private.trial
    ADD CONSTRAINT trial_pkey PRIMARY KEY (xid);

ALTER TABLE ONLY snapshot.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (name);

ALTER TABLE ONLY snapshot.upload
    ADD CONSTRAINT upload_is_one_for_a_run UNIQUE (run_key);

ALTER TABLE ONLY snapshot.upload
    ADD CONSTRAINT upload_pkey PRIMARY KEY (id);

CREATE INDEX chunk_of_job ON fleet.chunk USING btree (job_id);

CREATE INDEX chunk_of_node ON fleet.chunk USING btree (node_id) WHERE (node_id IS NOT NULL);

CREATE INDEX chunk_pending ON fleet.chunk USING btree (created_at, id) WHERE (status = 'pending'::text);

CREATE INDEX chunk_running ON fleet.chunk USING btree (claimed_at) WHERE (status = 'running'::text);

CREATE INDEX config_by_last_use ON fleet.config USING btree (last_used_at);

CREATE INDEX heartbeat_by_age ON fleet.heartbeat USING btree (created_at);

CREATE INDEX job_of_config ON fleet.job USING btree (config_hash);

CREATE INDEX node_by_status ON fleet.node USING btree (status, created_at);

CREATE INDEX idx_qrtz_eh_fire_inst ON quartz.qrtz_execution_history USING btree (sched_name, fire_instance_id);

CREATE INDEX idx_qrtz_eh_fired_time ON quartz.qrtz_execution_history USING btree (sched_name, fired_time);

CREATE INDEX idx_qrtz_eh_inst ON quartz.qrtz_execution_history USING btree (sched_name, instance_name);

CREATE INDEX idx_qrtz_eh_job_time ON quartz.qrtz_execution_history USING btree (sched_name, job_group, job_name, fired_time);

CREATE INDEX idx_qrtz_eh_trig_time ON quartz.qrtz_execution_history USING btree (sched_name, trigger_group, trigger_name, fired_time);

CREATE INDEX idx_qrtz_ft_inst_job_req_rcvry ON quartz.qrtz_fired_triggers USING btree (sched_name, instance_name, requests_recovery);

CREATE INDEX idx_qrtz_ft_j_g ON quartz.qrtz_fired_triggers USING btree (sched_name, job_name, job_group);

CREATE INDEX idx_qrtz_ft_t_g ON quartz.qrtz_fired_triggers USING btree (sched_name, trigger_name, trigger_group);

CREATE INDEX idx_qrtz_j_g_n ON quartz.qrtz_job_details USING btree (sched_name, job_group, job_name);

CREATE INDEX idx_qrtz_mh_inst ON quartz.qrtz_misfire_history USING btree (sched_name, instance_name);

CREATE INDEX idx_qrtz_mh_misfire_time ON quartz.qrtz_misfire_history USING btree (sched_name, misfire_time);

CREATE INDEX idx_qrtz_t_c ON quartz.qrtz_triggers USING btree (sched_name, calendar_name) WHERE (calendar_name IS NOT NULL);

CREATE INDEX idx_qrtz_t_j ON quartz.qrtz_triggers USING btree (sched_name, job_name, job_group);

CREATE INDEX idx_qrtz_t_nft_st ON quartz.qrtz_triggers USING btree (sched_name, trigger_state, next_fire_time, priority DESC, misfire_instr);

CREATE INDEX trigger_of_quartz ON quartz.qrtz_triggers USING btree (sched_name, next_fire_time) WHERE (((execution_group)::text IS DISTINCT FROM 'fire'::text) AND (trigger_state = 'WAITING'::text));

CREATE INDEX job_for_each ON scheduler.job USING btree (name) WHERE (for_each IS NOT NULL);

CREATE INDEX job_made_by ON scheduler.job USING btree (made_by) WHERE (made_by IS NOT NULL);

CREATE INDEX job_of_calendar ON scheduler.job USING btree (calendar) WHERE (calendar IS NOT NULL);

CREATE INDEX backfill_open ON scheduler_private.backfill USING btree (id) WHERE (state = ANY (ARRAY['asked'::text, 'entering'::text]));

CREATE INDEX event_due ON scheduler_private.event USING btree (due_at);

CREATE INDEX event_of_job ON scheduler_private.event USING btree (job);

CREATE INDEX gate_in_group ON scheduler_private.job_gate USING btree (concurrency_group) WHERE (concurrency_group IS NOT NULL);

CREATE INDEX gate_supersedes ON scheduler_private.job_gate USING btree (job) WHERE supersedes;

CREATE INDEX incident_by_age ON scheduler_private.incident USING btree (opened_at);

CREATE UNIQUE INDEX incident_open ON scheduler_private.incident USING btree (key) WHERE (resolved_at IS NULL);

CREATE INDEX job_change_in_order ON scheduler_private.job_change USING btree (mark);

CREATE INDEX notification_by_age ON scheduler_private.notification USING btree (created_at);

CREATE INDEX notification_waiting ON scheduler_private.notification USING btree (channel, id) WHERE (state = 'waiting'::text);

CREATE INDEX request_by_age ON scheduler_private.request USING btree (requested_at);

CREATE INDEX run_in_group ON ONLY scheduler_private.run USING btree (concurrency_group, state, priority DESC, due_at) WHERE ((state <> 'finished'::text) AND (concurrency_group IS NOT NULL));

CREATE INDEX run_default_concurrency_group_state_priority_due_at_idx ON scheduler_private.run_default USING btree (concurrency_group, state, priority DESC, due_at) WHERE ((state <> 'finished'::text) AND (concurrency_group IS NOT NULL));

CREATE INDEX run_missed_lately ON ONLY scheduler_private.run USING btree (ended_at) WHERE (verdict = 'missed'::text);

CREATE INDEX run_default_ended_at_idx ON scheduler_private.run_default USING btree (ended_at) WHERE (verdict = 'missed'::text);

CREATE INDEX run_of_job ON ONLY scheduler_private.run USING btree (job, due_at DESC);

CREATE INDEX run_default_job_due_at_idx ON scheduler_private.run_default USING btree (job, due_at DESC);

CREATE INDEX run_missed ON ONLY scheduler_private.run USING btree (job, due_at DESC) WHERE (verdict = 'missed'::text);

CREATE INDEX run_default_job_due_at_idx1 ON scheduler_private.run_default USING btree (job, due_at DESC) WHERE (verdict = 'missed'::text);

CREATE INDEX run_of_one_node ON ONLY scheduler_private.run USING btree (only_node) WHERE ((state <> 'finished'::text) AND (only_node IS NOT NULL));

CREATE INDEX run_default_only_node_idx ON scheduler_private.run_default USING btree (only_node) WHERE ((state <> 'finished'::text) AND (only_node IS NOT NULL));

CREATE INDEX run_part ON ONLY scheduler_private.run USING btree (part_of) WHERE (part_of IS NOT NULL);

CREATE INDEX run_default_part_of_idx ON scheduler_private.run_default USING btree (part_of) WHERE (part_of IS NOT NULL);

CREATE INDEX run_live ON ONLY scheduler_private.run USING btree (state, priority DESC, due_at) WHERE (state <> 'finished'::text);

CREATE INDEX run_default_state_priority_due_at_idx ON scheduler_private.run_default USING btree (state, priority DESC, due_at) WHERE (state <> 'finished'::text);

CREATE UNIQUE INDEX subscription_after_end ON scheduler_private.subscription USING btree (job) WHERE (event = 'end'::text);

CREATE INDEX subscription_gathering ON scheduler_private.subscription USING btree (gathering) WHERE (gathering IS NOT NULL);

CREATE INDEX subscription_of_job ON scheduler_private.subscription USING btree (job);

CREATE INDEX node_metric_of_node ON ONLY snapshot.node_metric USING btree (node, at DESC);

CREATE INDEX node_metric_default_node_at_idx ON snapshot.node_metric_default USING btree (node, at DESC);

CREATE UNIQUE INDEX upload_live ON snapshot.upload USING btree (node) WHERE (state = ANY (ARRAY['starting'::text, 'running'::text]));

CREATE INDEX upload_of_node ON snapshot.upload USING btree (node, wanted_at DESC);

CREATE INDEX upload_requested ON snapshot.upload USING btree (id) WHERE (request IS NOT NULL);

CREATE INDEX upload_to_resume ON snapshot.upload USING btree (resume_at) WHERE (resume_at IS NOT NULL);

ALTER INDEX scheduler_private.run_in_group ATTACH PARTITION scheduler_private.run_default_concurrency_group_state_priority_due_at_idx;

ALTER INDEX scheduler_private.run_missed_lately ATTACH PARTITION scheduler_private.run_default_ended_at_idx;

ALTER INDEX scheduler_private.run_of_job ATTACH PARTITION scheduler_private.run_default_job_due_at_idx;

ALTER INDEX scheduler_private.run_missed ATTACH PARTITION scheduler_private.run_default_job_due_at_idx1;

ALTER INDEX scheduler_private.run_of_one_node ATTACH PARTITION scheduler_private.run_default_only_node_idx;

ALTER INDEX scheduler_private.run_part ATTACH PARTITION scheduler_private.run_default_part_of_idx;

ALTER INDEX scheduler_private.run_pkey ATTACH PARTITION scheduler_private.run_default_pkey;

ALTER INDEX scheduler_private.run_live ATTACH PARTITION scheduler_private.run_default_state_priority_due_at_idx;

ALTER INDEX snapshot.node_metric_of_node ATTACH PARTITION snapshot.node_metric_default_node_at_idx;

CREATE TRIGGER wake_on_insert AFTER INSERT ON quartz.qrtz_triggers FOR EACH STATEMENT EXECUTE FUNCTION quartz.wake();

CREATE TRIGGER wake_on_update AFTER UPDATE ON quartz.qrtz_triggers FOR EACH ROW WHEN (((new.trigger_state = 'WAITING'::text) AND ((old.trigger_state = ANY (ARRAY['PAUSED'::text, 'BLOCKED'::text, 'AWAITING'::text, 'ERROR'::text])) OR (new.next_fire_time < old.next_fire_time)))) EXECUTE FUNCTION quartz.wake();

CREATE TRIGGER calendar_checked BEFORE INSERT OR DELETE OR UPDATE ON scheduler.calendar FOR EACH ROW EXECUTE FUNCTION scheduler_private.calendar_changed();

CREATE TRIGGER calendar_told AFTER INSERT OR DELETE OR UPDATE ON scheduler.calendar FOR EACH ROW EXECUTE FUNCTION scheduler_private.calendar_changed();

CREATE TRIGGER channel_checked BEFORE INSERT OR DELETE OR UPDATE ON scheduler.channel FOR EACH ROW EXECUTE FUNCTION scheduler_private.channel_changed();

CREATE TRIGGER child_guard_delete BEFORE DELETE ON scheduler.job FOR EACH ROW WHEN ((old.made_by IS NOT NULL)) EXECUTE FUNCTION scheduler_private.child_guard();

CREATE TRIGGER child_guard_insert BEFORE INSERT ON scheduler.job FOR EACH ROW WHEN ((new.made_by IS NOT NULL)) EXECUTE FUNCTION scheduler_private.child_guard();

CREATE TRIGGER child_guard_update BEFORE UPDATE ON scheduler.job FOR EACH ROW WHEN (((old.made_by IS NOT NULL) OR (new.made_by IS NOT NULL))) EXECUTE FUNCTION scheduler_private.child_guard();

CREATE TRIGGER job_check BEFORE INSERT OR UPDATE ON scheduler.job FOR EACH ROW EXECUTE FUNCTION scheduler_private.job_check();

CREATE TRIGGER job_edited AFTER UPDATE ON scheduler.job FOR EACH ROW WHEN ((new.version <> old.version)) EXECUTE FUNCTION scheduler_private.job_changed();

CREATE TRIGGER job_made AFTER INSERT ON scheduler.job FOR EACH ROW EXECUTE FUNCTION scheduler_private.job_changed();

CREATE TRIGGER job_removed AFTER DELETE ON scheduler.job FOR EACH ROW EXECUTE FUNCTION scheduler_private.job_changed();

CREATE TRIGGER job_subscribed AFTER INSERT ON scheduler.job FOR EACH ROW EXECUTE FUNCTION scheduler_private.job_subscribed();

CREATE TRIGGER job_subscribed_anew AFTER UPDATE ON scheduler.job FOR EACH ROW WHEN (((new.schedule IS DISTINCT FROM old.schedule) OR (new.schedule ~ '\m(release|end)\M'::text))) EXECUTE FUNCTION scheduler_private.job_subscribed();

CREATE TRIGGER job_to_store_delete AFTER DELETE ON scheduler.job REFERENCING OLD TABLE AS old_row FOR EACH STATEMENT EXECUTE FUNCTION scheduler_private.job_to_store();

CREATE TRIGGER job_to_store_insert AFTER INSERT ON scheduler.job REFERENCING NEW TABLE AS new_row FOR EACH STATEMENT EXECUTE FUNCTION scheduler_private.job_to_store();

CREATE TRIGGER job_to_store_update AFTER UPDATE ON scheduler.job REFERENCING OLD TABLE AS old_row NEW TABLE AS new_row FOR EACH STATEMENT EXECUTE FUNCTION scheduler_private.job_to_store();

CREATE TRIGGER job_unsubscribed BEFORE DELETE ON scheduler.job FOR EACH ROW WHEN ((old.schedule ~ '\m(after|on)\M'::text)) EXECUTE FUNCTION scheduler_private.job_subscribed();

CREATE TRIGGER job_version BEFORE UPDATE ON scheduler.job FOR EACH ROW EXECUTE FUNCTION scheduler_private.job_changed();

CREATE TRIGGER job_versioned_delete AFTER DELETE ON scheduler.job REFERENCING OLD TABLE AS old_row FOR EACH STATEMENT EXECUTE FUNCTION scheduler_private.job_versioned();

CREATE TRIGGER job_versioned_insert AFTER INSERT ON scheduler.job REFERENCING NEW TABLE AS new_row FOR EACH STATEMENT EXECUTE FUNCTION scheduler_private.job_versioned();

CREATE TRIGGER job_versioned_update AFTER UPDATE ON scheduler.job REFERENCING OLD TABLE AS old_row NEW TABLE AS new_row FOR EACH STATEMENT EXECUTE FUNCTION scheduler_private.job_versioned();

CREATE TRIGGER chain_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON scheduler_private.job_chain FOR EACH STATEMENT EXECUTE FUNCTION scheduler_private.refuse_change();

CREATE CONSTRAINT TRIGGER trial_refused AFTER INSERT ON scheduler_private.trial DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scheduler_private.refuse_trial();

CREATE CONSTRAINT TRIGGER version_chained AFTER INSERT ON scheduler_private.job_version DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION scheduler_private.chain_versions();

CREATE TRIGGER version_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON scheduler_private.job_version FOR EACH STATEMENT EXECUTE FUNCTION scheduler_private.refuse_change();

CREATE TRIGGER node_changed BEFORE INSERT OR UPDATE ON snapshot.node FOR EACH ROW EXECUTE FUNCTION snapshot.node_changed();

CREATE TRIGGER upload_changed BEFORE UPDATE ON snapshot.upload FOR EACH ROW EXECUTE FUNCTION snapshot.upload_changed();

ALTER TABLE ONLY fleet.chunk
    ADD CONSTRAINT chunk_job_id_fkey FOREIGN KEY (job_id) REFERENCES fleet.job(id) ON DELETE CASCADE;

ALTER TABLE ONLY fleet.chunk
    ADD CONSTRAINT chunk_node_id_fkey FOREIGN KEY (node_id) REFERENCES fleet.node(id) ON DELETE SET NULL;

ALTER TABLE ONLY fleet.job
    ADD CONSTRAINT job_config_hash_fkey FOREIGN KEY (config_hash) REFERENCES fleet.config(hash);

ALTER TABLE ONLY quartz.qrtz_blob_triggers
    ADD CONSTRAINT qrtz_blob_triggers_sched_name_trigger_name_trigger_group_fkey FOREIGN KEY (sched_name, trigger_name, trigger_group) REFERENCES quartz.qrtz_triggers(sched_name, trigger_name, trigger_group) ON DELETE CASCADE;

ALTER TABLE ONLY quartz.qrtz_cron_triggers
    ADD CONSTRAINT qrtz_cron_triggers_sched_name_trigger_name_trigger_group_fkey FOREIGN KEY (sched_name, trigger_name, trigger_group) REFERENCES quartz.qrtz_triggers(sched_name, trigger_name, trigger_group) ON DELETE CASCADE;

ALTER TABLE ONLY quartz.qrtz_simple_triggers
    ADD CONSTRAINT qrtz_simple_triggers_sched_name_trigger_name_trigger_group_fkey FOREIGN KEY (sched_name, trigger_name, trigger_group) REFERENCES quartz.qrtz_triggers(sched_name, trigger_name, trigger_group) ON DELETE CASCADE;

ALTER TABLE ONLY quartz.qrtz_simprop_triggers
    ADD CONSTRAINT qrtz_simprop_triggers_sched_name_trigger_name_trigger_grou_fkey FOREIGN KEY (sched_name, trigger_name, trigger_group) REFERENCES quartz.qrtz_triggers(sched_name, trigger_name, trigger_group) ON DELETE CASCADE;

ALTER TABLE ONLY quartz.qrtz_triggers
    ADD CONSTRAINT qrtz_triggers_sched_name_job_name_job_group_fkey FOREIGN KEY (sched_name, job_name, job_group) REFERENCES quartz.qrtz_job_details(sched_name, job_name, job_group);

ALTER TABLE ONLY scheduler.channel
    ADD CONSTRAINT channel_quiet_exists FOREIGN KEY (quiet) REFERENCES scheduler.calendar(name);

ALTER TABLE ONLY scheduler.job
    ADD CONSTRAINT job_calendar_exists FOREIGN KEY (calendar) REFERENCES scheduler.calendar(name);

ALTER TABLE ONLY scheduler_private.alert
    ADD CONSTRAINT alert_channel_fkey FOREIGN KEY (channel) REFERENCES scheduler.channel(name) ON DELETE CASCADE;

ALTER TABLE ONLY scheduler_private.channel_turn
    ADD CONSTRAINT channel_turn_channel_fkey FOREIGN KEY (channel) REFERENCES scheduler.channel(name) ON DELETE CASCADE;

ALTER TABLE ONLY scheduler_private.job_chain
    ADD CONSTRAINT job_chain_version_id_fkey FOREIGN KEY (version_id) REFERENCES scheduler_private.job_version(id);

ALTER TABLE ONLY scheduler_private.job_gate
    ADD CONSTRAINT job_gate_job_fkey FOREIGN KEY (job) REFERENCES scheduler.job(name) ON DELETE CASCADE;

ALTER TABLE ONLY scheduler_private.job_note
    ADD CONSTRAINT job_note_job_fkey FOREIGN KEY (job) REFERENCES scheduler.job(name) ON DELETE CASCADE;

ALTER TABLE ONLY scheduler_private.subscription
    ADD CONSTRAINT subscription_job_fkey FOREIGN KEY (job) REFERENCES scheduler.job(name) ON DELETE CASCADE;

GRANT USAGE ON SCHEMA fleet TO scheduler_viewer;
GRANT USAGE ON SCHEMA fleet TO scheduler_operator;
GRANT USAGE ON SCHEMA fleet TO scheduler_admin;
GRANT USAGE ON SCHEMA fleet TO scheduler_node;

GRANT USAGE ON SCHEMA quartz TO scheduler_admin;
GRANT USAGE ON SCHEMA quartz TO scheduler_node;

GRANT USAGE ON SCHEMA scheduler TO scheduler_viewer;
GRANT USAGE ON SCHEMA scheduler TO scheduler_operator;
GRANT USAGE ON SCHEMA scheduler TO scheduler_admin;
GRANT USAGE ON SCHEMA scheduler TO scheduler_node;

GRANT USAGE ON SCHEMA scheduler_private TO scheduler_admin;
GRANT USAGE ON SCHEMA scheduler_private TO scheduler_node;

GRANT USAGE ON SCHEMA snapshot TO scheduler_viewer;
GRANT USAGE ON SCHEMA snapshot TO scheduler_operator;
GRANT USAGE ON SCHEMA snapshot TO scheduler_admin;
GRANT USAGE ON SCHEMA snapshot TO scheduler_node;

GRANT SELECT ON TABLE fleet.chunk TO scheduler_viewer;
GRANT SELECT ON TABLE fleet.chunk TO scheduler_operator;
GRANT SELECT ON TABLE fleet.chunk TO scheduler_admin;
GRANT ALL ON TABLE fleet.chunk TO scheduler_node;

REVOKE ALL ON FUNCTION fleet.claim_chunks(node_id uuid, max_count integer) FROM PUBLIC;
GRANT ALL ON FUNCTION fleet.claim_chunks(node_id uuid, max_count integer) TO scheduler_node;
GRANT ALL ON FUNCTION fleet.claim_chunks(node_id uuid, max_count integer) TO scheduler_admin;

REVOKE ALL ON FUNCTION fleet.complete_chunk(chunk_id uuid, node_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION fleet.complete_chunk(chunk_id uuid, node_id uuid) TO scheduler_node;
GRANT ALL ON FUNCTION fleet.complete_chunk(chunk_id uuid, node_id uuid) TO scheduler_admin;

REVOKE ALL ON FUNCTION fleet.fail_chunk(chunk_id uuid, node_id uuid, error text) FROM PUBLIC;
GRANT ALL ON FUNCTION fleet.fail_chunk(chunk_id uuid, node_id uuid, error text) TO scheduler_node;
GRANT ALL ON FUNCTION fleet.fail_chunk(chunk_id uuid, node_id uuid, error text) TO scheduler_admin;

REVOKE ALL ON FUNCTION fleet.heartbeat(node_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION fleet.heartbeat(node_id uuid) TO scheduler_node;
GRANT ALL ON FUNCTION fleet.heartbeat(node_id uuid) TO scheduler_admin;

REVOKE ALL ON FUNCTION fleet.register(name text, user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION fleet.register(name text, user_id uuid) TO scheduler_node;
GRANT ALL ON FUNCTION fleet.register(name text, user_id uuid) TO scheduler_admin;

REVOKE ALL ON FUNCTION scheduler.ack_incident(id bigint, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.ack_incident(id bigint, reason text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.ack_incident(id bigint, reason text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.ack_incident(id bigint, reason text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.approve(run_key text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.approve(run_key text, reason text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.approve(run_key text, reason text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.approve(run_key text, reason text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.ask_preview(schedule text, time_zone text, n integer, "from" timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.ask_preview(schedule text, time_zone text, n integer, "from" timestamp with time zone) TO scheduler_viewer;
GRANT ALL ON FUNCTION scheduler.ask_preview(schedule text, time_zone text, n integer, "from" timestamp with time zone) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.ask_preview(schedule text, time_zone text, n integer, "from" timestamp with time zone) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.ask_preview(schedule text, time_zone text, n integer, "from" timestamp with time zone) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.backfill(name text, range tstzrange, spacing interval, cap integer, dry_run boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.backfill(name text, range tstzrange, spacing interval, cap integer, dry_run boolean) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.backfill(name text, range tstzrange, spacing interval, cap integer, dry_run boolean) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.backfill(name text, range tstzrange, spacing interval, cap integer, dry_run boolean) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.begin_trial() FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.begin_trial() TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.begin_trial() TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.begin_trial() TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.cancel(run_key text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.cancel(run_key text, reason text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.cancel(run_key text, reason text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.cancel(run_key text, reason text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.disable(pattern text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.disable(pattern text, reason text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.disable(pattern text, reason text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.disable(pattern text, reason text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.enable(pattern text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.enable(pattern text, reason text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.enable(pattern text, reason text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.enable(pattern text, reason text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.note_files(noted jsonb, jobs text[], calendars text[], hash text, channels text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.note_files(noted jsonb, jobs text[], calendars text[], hash text, channels text[]) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.note_files(noted jsonb, jobs text[], calendars text[], hash text, channels text[]) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.note_files(noted jsonb, jobs text[], calendars text[], hash text, channels text[]) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.pause(pattern text, reason text, until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.pause(pattern text, reason text, until timestamp with time zone) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.pause(pattern text, reason text, until timestamp with time zone) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.pause(pattern text, reason text, until timestamp with time zone) TO scheduler_node;

GRANT ALL ON PROCEDURE scheduler.preview(IN schedule text, IN time_zone text, IN n integer, IN "from" timestamp with time zone, INOUT answer text) TO scheduler_viewer;
GRANT ALL ON PROCEDURE scheduler.preview(IN schedule text, IN time_zone text, IN n integer, IN "from" timestamp with time zone, INOUT answer text) TO scheduler_operator;
GRANT ALL ON PROCEDURE scheduler.preview(IN schedule text, IN time_zone text, IN n integer, IN "from" timestamp with time zone, INOUT answer text) TO scheduler_admin;
GRANT ALL ON PROCEDURE scheduler.preview(IN schedule text, IN time_zone text, IN n integer, IN "from" timestamp with time zone, INOUT answer text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.preview_answer(question bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.preview_answer(question bigint) TO scheduler_viewer;
GRANT ALL ON FUNCTION scheduler.preview_answer(question bigint) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.preview_answer(question bigint) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.preview_answer(question bigint) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.resume(pattern text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.resume(pattern text, reason text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.resume(pattern text, reason text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.resume(pattern text, reason text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.run_now(name text, params jsonb, key text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.run_now(name text, params jsonb, key text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.run_now(name text, params jsonb, key text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.run_now(name text, params jsonb, key text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.schedule(schedule text, command text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.schedule(schedule text, command text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.schedule(schedule text, command text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.schedule(schedule text, command text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.schedule(name text, schedule text, command text, time_zone text, kind text, database text, params jsonb, description text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.schedule(name text, schedule text, command text, time_zone text, kind text, database text, params jsonb, description text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.schedule(name text, schedule text, command text, time_zone text, kind text, database text, params jsonb, description text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.schedule(name text, schedule text, command text, time_zone text, kind text, database text, params jsonb, description text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.test_channel(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.test_channel(name text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.test_channel(name text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.test_channel(name text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.undo(name text, to_version integer, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.undo(name text, to_version integer, reason text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.undo(name text, to_version integer, reason text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.undo(name text, to_version integer, reason text) TO scheduler_node;

REVOKE ALL ON FUNCTION scheduler.unschedule(name text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.unschedule(name text, reason text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.unschedule(name text, reason text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.unschedule(name text, reason text) TO scheduler_node;

GRANT ALL ON FUNCTION scheduler_private.at_problem(part text, words text[], time_zone text, OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.at_problem(part text, words text[], time_zone text, OUT problem text, OUT meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.backfill_step() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.backfill_step() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.blackout_problem(entry jsonb, time_zone text, OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.blackout_problem(entry jsonb, time_zone text, OUT problem text, OUT meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.calendar_changed() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.calendar_changed() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.chain_from(first bigint) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.chain_from(first bigint) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.chain_problem() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.chain_problem() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.chain_versions() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.chain_versions() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.change_gates() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.change_gates() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.channel_changed() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.channel_changed() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.channel_schema(kind text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.channel_schema(kind text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.channels_of(job text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.channels_of(job text) TO scheduler_admin;

GRANT SELECT ON TABLE scheduler.job TO scheduler_viewer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE scheduler.job TO scheduler_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE scheduler.job TO scheduler_admin;
GRANT ALL ON TABLE scheduler.job TO scheduler_node;

GRANT ALL ON FUNCTION scheduler_private.check_calendar(job scheduler.job) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.check_calendar(job scheduler.job) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.check_json(job text, name text, content jsonb) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.check_json(job text, name text, content jsonb) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.check_links(edited text[], removed text[]) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.check_links(edited text[], removed text[]) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.check_notify(job scheduler.job) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.check_notify(job scheduler.job) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.check_params(job text, declared jsonb, given jsonb) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.check_params(job text, declared jsonb, given jsonb) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.check_plain(job scheduler.job) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.check_plain(job scheduler.job) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.check_settings(job scheduler.job) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.check_settings(job scheduler.job) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.check_values(job scheduler.job) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.check_values(job scheduler.job) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.child_guard() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.child_guard() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.claim(free integer, node text, lease bigint, labels text[]) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.claim(free integer, node text, lease bigint, labels text[]) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.column_schema(name text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.column_schema(name text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.compose(channel text, hush boolean) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.compose(channel text, hush boolean) TO scheduler_admin;

GRANT SELECT ON TABLE scheduler.channel TO scheduler_viewer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE scheduler.channel TO scheduler_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE scheduler.channel TO scheduler_admin;
GRANT ALL ON TABLE scheduler.channel TO scheduler_node;

GRANT ALL ON FUNCTION scheduler_private.compose_heartbeat(c scheduler.channel, last_at timestamp with time zone) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.compose_heartbeat(c scheduler.channel, last_at timestamp with time zone) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.conditions_of_cluster(keep interval) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.conditions_of_cluster(keep interval) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.conditions_of_copies() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.conditions_of_copies() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.conditions_of_jobs() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.conditions_of_jobs() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.count_burst(channel text, known bigint, lease bigint) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.count_burst(channel text, known bigint, lease bigint) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.cron_interval_meant(fields text[], place integer, step integer) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.cron_interval_meant(fields text[], place integer, step integer) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.cron_is_due(days integer[], before_last integer[], months integer[], weekdays integer[], nth integer, years integer[]) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.cron_is_due(days integer[], before_last integer[], months integer[], weekdays integer[], nth integer, years integer[]) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.cron_item(form jsonb, item text, OUT first integer, OUT last integer, OUT step integer, OUT why text, OUT put text, OUT step_wrong boolean) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.cron_item(form jsonb, item text, OUT first integer, OUT last integer, OUT step integer, OUT why text, OUT put text, OUT step_wrong boolean) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.cron_problem(part text, fields text[], OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.cron_problem(part text, fields text[], OUT problem text, OUT meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.cron_slip(form jsonb, item text, OUT why text, OUT put text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.cron_slip(form jsonb, item text, OUT why text, OUT put text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.cron_value(form jsonb, value text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.cron_value(form jsonb, value text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.drop_partition(partition text, keep interval) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.drop_partition(partition text, keep interval) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.due_of(run_key text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.due_of(run_key text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.duration_meant(words text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.duration_meant(words text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.duration_seconds(duration text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.duration_seconds(duration text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.edits(a text, b text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.edits(a text, b text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.end_parts() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.end_parts() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.ensure_partitions(around timestamp with time zone) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.ensure_partitions(around timestamp with time zone) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.error_cause(error text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.error_cause(error text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.event_form(plain text, OUT event text, OUT problem text, OUT slots jsonb) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.event_form(plain text, OUT event text, OUT problem text, OUT slots jsonb) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.event_key(job text, due timestamp with time zone, mark text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.event_key(job text, due timestamp with time zone, mark text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.event_problem(part text, OUT is_event boolean, OUT event text, OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.event_problem(part text, OUT is_event boolean, OUT event text, OUT problem text, OUT meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.every_problem(part text, length text, OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.every_problem(part text, length text, OUT problem text, OUT meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.follow(run_keys text[], jobs text[], verdicts text[]) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.follow(run_keys text[], jobs text[], verdicts text[]) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.followed_jobs(schedule text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.followed_jobs(schedule text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.followers(parent text, verdict text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.followers(parent text, verdict text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.for_each_changed() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.for_each_changed() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.forget_failure(job text, still text[]) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.forget_failure(job text, still text[]) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.group_limit(name text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.group_limit(name text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.instant_of(ticks bigint) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.instant_of(ticks bigint) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.is_deep(content jsonb) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.is_deep(content jsonb) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.is_instant(at timestamp with time zone) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.is_instant(at timestamp with time zone) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.is_trial() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.is_trial() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.job_changed() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.job_changed() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.job_check() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.job_check() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.job_subscribed() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.job_subscribed() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.job_to_store() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.job_to_store() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.job_versioned() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.job_versioned() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.json_problems(value jsonb, schema jsonb, path text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.json_problems(value jsonb, schema jsonb, path text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.keep_events() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.keep_events() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.keep_gates() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.keep_gates() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.kind_problem(kind text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.kind_problem(kind text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.listed(list jsonb) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.listed(list jsonb) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.local_time(written text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.local_time(written text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.long_holder(relation regclass) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.long_holder(relation regclass) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.matching_jobs(pattern text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.matching_jobs(pattern text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.message(c scheduler.channel, keys text[], listed_max integer, flips_max integer) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.message(c scheduler.channel, keys text[], listed_max integer, flips_max integer) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.month_days(year integer, month integer) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.month_days(year integer, month integer) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.nearest(name text, valid text[]) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.nearest(name text, valid text[]) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.node_opened(lease bigint, former bigint) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.node_opened(lease bigint, former bigint) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.note_outage(node text, since timestamp with time zone, detail text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.note_outage(node text, since timestamp with time zone, detail text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.note_success(job text, run_key text, due_at timestamp with time zone, notify smallint, failures_before integer) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.note_success(job text, run_key text, due_at timestamp with time zone, notify smallint, failures_before integer) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.note_told(channel text, keys text[], flips_max integer, calm_after interval) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.note_told(channel text, keys text[], flips_max integer, calm_after interval) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.notify_mask(notify jsonb) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.notify_mask(notify jsonb) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.notify_turn(node text, lease bigint, quiet text[], most integer) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.notify_turn(node text, lease bigint, quiet text[], most integer) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.of_startup(run_key text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.of_startup(run_key text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.params_problem(whole text, OUT part text, OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.params_problem(whole text, OUT part text, OUT problem text, OUT meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.params_wrong(pairs text[]) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.params_wrong(pairs text[]) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.refuse(job text, "column" text, problem text, meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.refuse(job text, "column" text, problem text, meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.refuse_change() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.refuse_change() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.refuse_trial() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.refuse_trial() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.refuse_verdict(run_key text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.refuse_verdict(run_key text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.rrule_number(key jsonb, value text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.rrule_number(key jsonb, value text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.rrule_parts_problem(given jsonb) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.rrule_parts_problem(given jsonb) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.rrule_problem(part text, words text[], has_starts boolean, OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.rrule_problem(part text, words text[], has_starts boolean, OUT problem text, OUT meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.rrule_value_problem(key jsonb, value text, OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.rrule_value_problem(key jsonb, value text, OUT problem text, OUT meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.run_partitions() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.run_partitions() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.schedule_grammar() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.schedule_grammar() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.schedule_part_problem(part text, time_zone text, starts timestamp with time zone, OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.schedule_part_problem(part text, time_zone text, starts timestamp with time zone, OUT problem text, OUT meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.schedule_parts(schedule text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.schedule_parts(schedule text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.schedule_problem(schedule text, time_zone text, starts timestamp with time zone, OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.schedule_problem(schedule text, time_zone text, starts timestamp with time zone, OUT problem text, OUT meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.settle_incidents(now_found scheduler_private.found[]) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.settle_incidents(now_found scheduler_private.found[]) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.shown(value jsonb) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.shown(value jsonb) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.slip_filled(template text, groups text[]) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.slip_filled(template text, groups text[]) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.slip_problem(part text, words text[], OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.slip_problem(part text, words text[], OUT problem text, OUT meant text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.subscriptions_of(name text, schedule text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.subscriptions_of(name text, schedule text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.supersede() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.supersede() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.suppress_incidents() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.suppress_incidents() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.take_events(most integer) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.take_events(most integer) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.tell_incidents() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.tell_incidents() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.ticks_of(instant timestamp with time zone) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.ticks_of(instant timestamp with time zone) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.time_zone_problem(zone text, OUT problem text, OUT meant text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.time_zone_problem(zone text, OUT problem text, OUT meant text) TO scheduler_admin;

GRANT SELECT ON TABLE scheduler_private.job_version TO scheduler_admin;
GRANT SELECT,REFERENCES,TRIGGER ON TABLE scheduler_private.job_version TO scheduler_node;

GRANT ALL ON FUNCTION scheduler_private.version_text(version scheduler_private.job_version) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.version_text(version scheduler_private.job_version) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.watch_incidents(every interval, keep interval) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.watch_incidents(every interval, keep interval) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.zone_names() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.zone_names() TO scheduler_admin;

REVOKE ALL ON FUNCTION snapshot.cancel_upload(id bigint, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION snapshot.cancel_upload(id bigint, reason text) TO scheduler_operator;
GRANT ALL ON FUNCTION snapshot.cancel_upload(id bigint, reason text) TO scheduler_admin;
GRANT ALL ON FUNCTION snapshot.cancel_upload(id bigint, reason text) TO scheduler_node;

REVOKE ALL ON FUNCTION snapshot.node_changed() FROM PUBLIC;
GRANT ALL ON FUNCTION snapshot.node_changed() TO scheduler_node;
GRANT ALL ON FUNCTION snapshot.node_changed() TO scheduler_admin;

REVOKE ALL ON FUNCTION snapshot.node_schema(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION snapshot.node_schema(name text) TO scheduler_node;
GRANT ALL ON FUNCTION snapshot.node_schema(name text) TO scheduler_admin;

REVOKE ALL ON FUNCTION snapshot.retry_upload(id bigint, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION snapshot.retry_upload(id bigint, reason text) TO scheduler_operator;
GRANT ALL ON FUNCTION snapshot.retry_upload(id bigint, reason text) TO scheduler_admin;
GRANT ALL ON FUNCTION snapshot.retry_upload(id bigint, reason text) TO scheduler_node;

REVOKE ALL ON FUNCTION snapshot.upload_changed() FROM PUBLIC;
GRANT ALL ON FUNCTION snapshot.upload_changed() TO scheduler_node;
GRANT ALL ON FUNCTION snapshot.upload_changed() TO scheduler_admin;

GRANT SELECT ON TABLE fleet.config TO scheduler_viewer;
GRANT SELECT ON TABLE fleet.config TO scheduler_operator;
GRANT SELECT ON TABLE fleet.config TO scheduler_admin;
GRANT ALL ON TABLE fleet.config TO scheduler_node;

GRANT SELECT ON TABLE fleet.heartbeat TO scheduler_viewer;
GRANT SELECT ON TABLE fleet.heartbeat TO scheduler_operator;
GRANT SELECT ON TABLE fleet.heartbeat TO scheduler_admin;
GRANT ALL ON TABLE fleet.heartbeat TO scheduler_node;

GRANT SELECT ON TABLE fleet.job TO scheduler_viewer;
GRANT SELECT ON TABLE fleet.job TO scheduler_operator;
GRANT SELECT ON TABLE fleet.job TO scheduler_admin;
GRANT ALL ON TABLE fleet.job TO scheduler_node;

GRANT SELECT ON TABLE fleet.node TO scheduler_viewer;
GRANT SELECT ON TABLE fleet.node TO scheduler_operator;
GRANT SELECT ON TABLE fleet.node TO scheduler_admin;
GRANT ALL ON TABLE fleet.node TO scheduler_node;

GRANT SELECT ON TABLE fleet.status TO scheduler_viewer;
GRANT SELECT ON TABLE fleet.status TO scheduler_operator;
GRANT SELECT ON TABLE fleet.status TO scheduler_admin;
GRANT ALL ON TABLE fleet.status TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_blob_triggers TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_blob_triggers TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_calendars TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_calendars TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_cron_triggers TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_cron_triggers TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_execution_history TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_execution_history TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_fired_triggers TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_fired_triggers TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_job_details TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_job_details TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_job_status TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_job_status TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_locks TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_locks TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_misfire_history TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_misfire_history TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_paused_job_grps TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_paused_job_grps TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_paused_trigger_grps TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_paused_trigger_grps TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_scheduler_state TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_scheduler_state TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_simple_triggers TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_simple_triggers TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_simprop_triggers TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_simprop_triggers TO scheduler_node;

GRANT SELECT ON TABLE quartz.qrtz_triggers TO scheduler_admin;
GRANT ALL ON TABLE quartz.qrtz_triggers TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.run TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.run TO scheduler_node;

GRANT SELECT ON TABLE scheduler.attempt TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.attempt TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.attempt TO scheduler_admin;
GRANT ALL ON TABLE scheduler.attempt TO scheduler_node;

GRANT SELECT ON TABLE scheduler.audit TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.audit TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.audit TO scheduler_admin;
GRANT ALL ON TABLE scheduler.audit TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.approval TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.approval TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.job_gate TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.job_gate TO scheduler_node;

GRANT SELECT ON TABLE scheduler.awaiting_approval TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.awaiting_approval TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.awaiting_approval TO scheduler_admin;
GRANT ALL ON TABLE scheduler.awaiting_approval TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.backfill TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.backfill TO scheduler_node;

GRANT SELECT ON TABLE scheduler.backfill_request TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.backfill_request TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.backfill_request TO scheduler_admin;
GRANT ALL ON TABLE scheduler.backfill_request TO scheduler_node;

GRANT SELECT ON TABLE scheduler.calendar TO scheduler_viewer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE scheduler.calendar TO scheduler_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE scheduler.calendar TO scheduler_admin;
GRANT ALL ON TABLE scheduler.calendar TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.healed TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.healed TO scheduler_node;

GRANT SELECT ON TABLE scheduler.healed TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.healed TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.healed TO scheduler_admin;
GRANT ALL ON TABLE scheduler.healed TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.incident TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.incident TO scheduler_node;

GRANT SELECT ON TABLE scheduler.incident TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.incident TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.incident TO scheduler_admin;
GRANT ALL ON TABLE scheduler.incident TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.job_file TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.job_file TO scheduler_node;

GRANT SELECT ON TABLE scheduler.job_file TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.job_file TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.job_file TO scheduler_admin;
GRANT ALL ON TABLE scheduler.job_file TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.event TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.event TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.job_change_mark TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.job_change TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.job_change TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.job_note TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.job_note TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.subscription TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.subscription TO scheduler_node;

GRANT SELECT ON TABLE scheduler.job_status TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.job_status TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.job_status TO scheduler_admin;
GRANT ALL ON TABLE scheduler.job_status TO scheduler_node;

GRANT SELECT ON TABLE scheduler.job_version TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.job_version TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.job_version TO scheduler_admin;
GRANT ALL ON TABLE scheduler.job_version TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.node TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.node TO scheduler_node;

GRANT SELECT ON TABLE scheduler.node TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.node TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.node TO scheduler_admin;
GRANT ALL ON TABLE scheduler.node TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.notification TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.notification TO scheduler_node;

GRANT SELECT ON TABLE scheduler.notification TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.notification TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.notification TO scheduler_admin;
GRANT ALL ON TABLE scheduler.notification TO scheduler_node;

GRANT SELECT ON TABLE scheduler.run TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.run TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.run TO scheduler_admin;
GRANT ALL ON TABLE scheduler.run TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.run_output TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.run_output TO scheduler_node;

GRANT SELECT ON TABLE scheduler.run_output TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.run_output TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.run_output TO scheduler_admin;
GRANT ALL ON TABLE scheduler.run_output TO scheduler_node;

GRANT SELECT ON TABLE scheduler.running TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.running TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.running TO scheduler_admin;
GRANT ALL ON TABLE scheduler.running TO scheduler_node;

GRANT SELECT ON TABLE snapshot.upload TO scheduler_viewer;
GRANT SELECT ON TABLE snapshot.upload TO scheduler_operator;
GRANT SELECT ON TABLE snapshot.upload TO scheduler_admin;
GRANT ALL ON TABLE snapshot.upload TO scheduler_node;

GRANT SELECT ON TABLE scheduler.upload TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.upload TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.upload TO scheduler_admin;
GRANT ALL ON TABLE scheduler.upload TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.alert TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.alert TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.backfill_id_seq TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.channel TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.channel TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.channel_turn TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.channel_turn TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.cluster_start TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.cluster_start TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.gate_lock TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.gate_lock TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.gathering TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.gathering TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.gathering_id TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.healed_id_seq TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.incident_id_seq TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.incident_look TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.incident_look TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.job_chain TO scheduler_admin;
GRANT SELECT,REFERENCES,TRIGGER ON TABLE scheduler_private.job_chain TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.job_chain_end TO scheduler_admin;
GRANT SELECT,REFERENCES,TRIGGER ON TABLE scheduler_private.job_chain_end TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.job_version_id_seq TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.kind TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.kind TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.lease_id TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.migration TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.migration TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.notification_id_seq TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.outbox TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.outbox TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.outbox_id_seq TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.question TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.question TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.question_id_seq TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.request TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.request TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.run_default TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.run_default TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.schema_object TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.schema_object TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.sweep TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.sweep TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.trial TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.trial TO scheduler_node;

GRANT SELECT ON TABLE snapshot.node TO scheduler_viewer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE snapshot.node TO scheduler_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE snapshot.node TO scheduler_admin;
GRANT ALL ON TABLE snapshot.node TO scheduler_node;

GRANT SELECT ON TABLE snapshot.by_node TO scheduler_viewer;
GRANT SELECT ON TABLE snapshot.by_node TO scheduler_operator;
GRANT SELECT ON TABLE snapshot.by_node TO scheduler_admin;
GRANT ALL ON TABLE snapshot.by_node TO scheduler_node;

GRANT SELECT ON TABLE snapshot.completeness TO scheduler_viewer;
GRANT SELECT ON TABLE snapshot.completeness TO scheduler_operator;
GRANT SELECT ON TABLE snapshot.completeness TO scheduler_admin;
GRANT ALL ON TABLE snapshot.completeness TO scheduler_node;

GRANT SELECT ON TABLE snapshot.node_metric TO scheduler_viewer;
GRANT SELECT ON TABLE snapshot.node_metric TO scheduler_operator;
GRANT SELECT ON TABLE snapshot.node_metric TO scheduler_admin;
GRANT ALL ON TABLE snapshot.node_metric TO scheduler_node;

GRANT SELECT ON TABLE snapshot.node_metric_default TO scheduler_viewer;
GRANT SELECT ON TABLE snapshot.node_metric_default TO scheduler_operator;
GRANT SELECT ON TABLE snapshot.node_metric_default TO scheduler_admin;
GRANT ALL ON TABLE snapshot.node_metric_default TO scheduler_node;

GRANT ALL ON SEQUENCE snapshot.upload_id_seq TO scheduler_node;

GRANT ALL ON SEQUENCE snapshot.upload_token TO scheduler_node;
