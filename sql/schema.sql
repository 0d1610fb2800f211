CREATE SCHEMA fleet;

CREATE SCHEMA quartz;

CREATE SCHEMA scheduler;

CREATE SCHEMA scheduler_private;

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
begin
    select g.* into gate from scheduler_private.job_gate g where g.job = run_now.name for no key update;
    if not found then
        raise exception 'there is no job named %', quote_literal(run_now.name)
            using errcode = 'no_data_found',
                  hint = coalesce((select 'did you mean ' || quote_literal(j.name) || '?' from scheduler.job j
                                   where j.name like left(run_now.name, 3) || '%' order by j.name limit 1), 'see scheduler.job');
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
        (run_key, job, due_at, state, version, priority, runs_on, on_lost, ended_at, verdict, reason, params, requested_by)
    values (new_key, run_now.name, due, case when held then 'finished' else 'queued' end, gate.version, gate.priority,
            gate.runs_on, gate.on_lost, case when held then clock_timestamp() end, case when held then 'skipped' end,
            case when held then 'overlap' end, run_now.params, session_user);
    if not held and gate.overlap = 'skip' then
        update scheduler_private.job_gate g set active_key = new_key where g.job = run_now.name;
    end if;
    perform pg_notify('scheduler_queued', '');
    return new_key;
end $$;

CREATE FUNCTION scheduler_private.calendar_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    bad text;
    entry jsonb;
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
        perform pg_notify('scheduler_jobs', '');
        return null;
    end if;
    if tg_op = 'UPDATE' and to_jsonb(new) - array['version', 'updated_at', 'problem', 'source']
        = to_jsonb(old) - array['version', 'updated_at', 'problem', 'source'] then
        return new;
    end if;
    if not exists (select from pg_timezone_names z where z.name = new.time_zone) then
        raise exception 'time_zone % of calendar % is not known; expected an IANA name', quote_literal(new.time_zone), quote_literal(new.name)
            using errcode = 'check_violation', hint = coalesce((select format('did you mean %L?', z.name) from pg_timezone_names z
                where lower(z.name) like '%' || lower(replace(new.time_zone, ' ', '_')) || '%' order by length(z.name) limit 1), 'such as Europe/Berlin');
    end if;
    new.weekdays := array(select lower(d) from unnest(new.weekdays) with ordinality as w (d, n) order by n);
    bad := (select d from unnest(new.weekdays) as w (d) where d is null or d <> all (array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']) limit 1);
    if bad is not null or array_position(new.weekdays, null) is not null or array_position(new.holidays, null) is not null then
        raise exception 'weekday % of calendar % is not known; expected mon, tue, wed, thu, fri, sat or sun', coalesce(quote_literal(bad), 'null'),
            quote_literal(new.name) using errcode = 'check_violation';
    end if;
    if jsonb_typeof(new.blackouts) <> 'array' or jsonb_array_length(new.blackouts) > 1000 or cardinality(new.holidays) > 10000 then
        raise exception 'blackouts of calendar % are no list of at most 1000', quote_literal(new.name) using errcode = 'check_violation';
    end if;
    for entry in select * from jsonb_array_elements(new.blackouts) loop
        perform scheduler_private.check_blackout(new.name, entry);
    end loop;
    if tg_op = 'UPDATE' then
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    return new;
end $$;

CREATE FUNCTION scheduler_private.check_blackout(calendar text, entry jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    instant constant text := '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?$';
    hour constant text := '^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$';
    keys constant text := case when jsonb_typeof(entry) = 'object' then (select string_agg(k, ',' order by k) from jsonb_object_keys(entry) k) end;
begin
    if keys = 'from,to' and entry ->> 'from' ~ instant and entry ->> 'to' ~ instant
        and (entry ->> 'from')::timestamp < (entry ->> 'to')::timestamp then
        return;
    elsif keys = 'daily' and jsonb_typeof(entry -> 'daily') = 'array' and jsonb_array_length(entry -> 'daily') = 2
        and entry #>> '{daily,0}' ~ hour and (entry #>> '{daily,1}' ~ hour or entry #>> '{daily,1}' = '24:00')
        and entry #>> '{daily,0}' <> entry #>> '{daily,1}' then
        return;
    elsif keys = 'cron' and jsonb_typeof(entry -> 'cron') = 'string' then
        return;
    end if;
    raise exception 'blackout % of calendar % cannot be read; expected {"from": "2026-12-24T00:00", "to": "2026-12-27T00:00"}, '
        '{"daily": ["22:00", "06:00"]} or {"cron": "* 12 * * MON-FRI"}, beginning before its end', entry, quote_literal(calendar)
        using errcode = 'check_violation';
exception when datetime_field_overflow then
    raise exception 'blackout % of calendar % names a day that does not exist', entry, quote_literal(calendar) using errcode = 'check_violation';
end $_$;

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
    insert into scheduler_private.event (run_key, job, due_at, cause)
    select scheduler_private.event_key(s.job, due, 'n' || count_burst.known + 1), s.job, due, 'notify ' || count_burst.channel
    from scheduler_private.subscription s where s.event = 'notify' and s.source = count_burst.channel;
    perform pg_notify('scheduler_bursts', count_burst.channel || ' ' || count_burst.known + 1);
    perform pg_notify('scheduler_events', '');
    return true;
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
    AS $$
begin
    return substring(run_key from '[@!]([^~]+)')::timestamptz;
exception when invalid_datetime_format or datetime_field_overflow then
    return null;
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

CREATE FUNCTION scheduler_private.event_key(job text, due timestamp with time zone, mark text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select event_key.job || '!' || to_char(event_key.due at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '~' || event_key.mark
$$;

CREATE FUNCTION scheduler_private.followers(parent text, verdict text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE ROWS 1
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return query select distinct s.job from scheduler_private.subscription s
        where s.event = 'after' and s.source = followers.parent
            and s.condition = any (case when followers.verdict = 'succeeded' then array['success', 'any']
                when followers.verdict in ('failed', 'timed_out', 'unknown') then array['failure', 'any']
                when followers.verdict = 'cancelled' then array['any'] else '{}' end);
end $$;

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
    if tg_op = 'DELETE' then
        perform pg_notify('scheduler_jobs', old.name);
        return null;
    end if;
    insert into scheduler_private.job_gate as g
        (job, version, enabled, paused, overlap, missed, start_within, on_lost, priority, runs_on, paused_until)
    values (new.name, new.version, new.enabled, new.paused_at is not null, new.overlap, new.missed,
            new.start_within, new.on_lost, new.priority, new.runs_on, new.paused_until)
    on conflict (job) do update set
        version = excluded.version, enabled = excluded.enabled, paused = excluded.paused, overlap = excluded.overlap,
        missed = excluded.missed, start_within = excluded.start_within, on_lost = excluded.on_lost,
        priority = excluded.priority, runs_on = excluded.runs_on, paused_until = excluded.paused_until;
    perform pg_notify('scheduler_jobs', new.name);
    return null;
end $$;

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
    if tg_op = 'DELETE' then
        update scheduler_private.job_gate g set followed = false
        where g.followed and g.job in (select s.source from scheduler_private.subscription s where s.event = 'after' and s.job = old.name)
            and not exists (select from scheduler_private.subscription s where s.event = 'after' and s.source = g.job and s.job <> old.name);
        return old;
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
        insert into scheduler_private.subscription (event, source, job, condition)
        select * from scheduler_private.subscriptions_of(new.name, new.schedule) on conflict do nothing;
        insert into scheduler_private.channel (name)
        select s.source from scheduler_private.subscription s where s.job = new.name and s.event = 'notify' on conflict do nothing;
        update scheduler_private.job_gate g
        set followed = exists (select from scheduler_private.subscription s where s.event = 'after' and s.source = g.job)
        where g.job in (select s.source from scheduler_private.subscription s where s.event = 'after' and s.job = new.name
                        union select unnest(former) union select new.name)
            and g.followed is distinct from exists (select from scheduler_private.subscription s where s.event = 'after' and s.source = g.job);
    end if;
    if new.schedule ~ '\mrelease\M' and exists (select from scheduler_private.subscription s where s.job = new.name and s.event = 'release')
        and (tg_op = 'INSERT' or to_jsonb(new) - bookkeeping is distinct from to_jsonb(old) - bookkeeping) then
        due := clock_timestamp();
        insert into scheduler_private.event (run_key, job, due_at, cause)
        values (scheduler_private.event_key(new.name, due, 'v' || new.version), new.name, due, 'release ' || new.version) on conflict do nothing;
        perform pg_notify('scheduler_events', '');
    end if;
    return null;
end $$;

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
    present := array(select n.lease_id from scheduler_private.node n
                     where n.lease_id = any (present) and n.lease_until > clock_timestamp() and n.state <> 'stopped');
    if cardinality(present) > 0 or node_opened.former is not null then
        update scheduler_private.cluster_start c set leases = present || node_opened.lease;
        return false;
    end if;
    due := clock_timestamp();
    update scheduler_private.cluster_start c set leases = array[node_opened.lease], started_at = due;
    insert into scheduler_private.event (run_key, job, due_at, cause)
    select scheduler_private.event_key(s.job, due, 'start'), s.job, due, 'startup' from scheduler_private.subscription s where s.event = 'startup';
    perform pg_notify('scheduler_events', '');
    return true;
end $$;

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

CREATE FUNCTION scheduler_private.subscriptions_of(name text, schedule text) RETURNS TABLE(event text, source text, job text, condition text)
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
    select case when w[1] = 'after' then 'after' else w[2] end,
        case when w[1] = 'after' then w[2] when w[2] = 'notify' then w[3] else '' end,
        subscriptions_of.name,
        case when w[1] = 'after' then coalesce(w[4], 'success') else '' end
    from regexp_split_to_table(subscriptions_of.schedule, ';') p
    cross join lateral regexp_split_to_array(btrim(p, E' \t\n\r'), '\s+') as s (w)
    where (w[1] = 'after' and (cardinality(w) = 2 or (cardinality(w) = 4 and w[3] = 'on' and w[4] in ('success', 'failure', 'any'))))
        or (w[1] = 'on' and w[2] in ('startup', 'release') and cardinality(w) = 2)
        or (w[1] = 'on' and w[2] = 'notify' and cardinality(w) = 3 and w[3] ~ '^[a-z_][a-z0-9_]{0,62}$')
$_$;

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
    on_lost text DEFAULT 'rerun'::text NOT NULL,
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
    CONSTRAINT job_missed_is_known CHECK ((missed = ANY (ARRAY['once'::text, 'skip'::text, 'all'::text]))),
    CONSTRAINT job_name_is_plain CHECK ((name ~ '^[a-z0-9._/-]{1,200}$'::text)),
    CONSTRAINT job_on_lost_is_known CHECK ((on_lost = ANY (ARRAY['rerun'::text, 'fail'::text]))),
    CONSTRAINT job_overlap_is_known CHECK ((overlap = ANY (ARRAY['skip'::text, 'queue'::text, 'cancel'::text, 'allow'::text]))),
    CONSTRAINT job_priority_is_in_range CHECK (((priority >= 0) AND (priority <= 9))),
    CONSTRAINT job_start_within_is_positive CHECK ((start_within > '00:00:00'::interval)),
    CONSTRAINT job_timeout_is_positive CHECK ((timeout > '00:00:00'::interval))
);

COMMENT ON TABLE scheduler.job IS 'Declared jobs, one row each; editable.';

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
    followed boolean DEFAULT false NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='2000', autovacuum_vacuum_cost_delay='0');

CREATE VIEW scheduler.job_status AS
 SELECT j.name,
    j.kind,
    j.schedule,
    j.time_zone,
        CASE
            WHEN (NOT j.enabled) THEN 'disabled'::text
            WHEN (j.paused_at IS NOT NULL) THEN 'paused'::text
            WHEN (j.problem IS NOT NULL) THEN 'problem'::text
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
    j.source
   FROM (((scheduler.job j
     LEFT JOIN scheduler_private.job_gate g ON ((g.job = j.name)))
     LEFT JOIN LATERAL ( SELECT
                CASE
                    WHEN bool_or((r.state = 'running'::text)) THEN 'running'::text
                    WHEN (count(*) > 0) THEN 'queued'::text
                    ELSE NULL::text
                END AS state
           FROM scheduler_private.run r
          WHERE ((r.state <> 'finished'::text) AND (r.job = j.name))) live ON (true))
     LEFT JOIN LATERAL ( SELECT ('1970-01-01 00:00:00+00'::timestamp with time zone + ((((min(t.next_fire_time) - '621355968000000000'::bigint) / 10))::double precision * '00:00:00.000001'::interval)) AS next_fire_at
           FROM quartz.qrtz_triggers t
          WHERE ((t.sched_name = 'scheduler'::text) AND (t.job_name = j.name) AND (t.job_group = 'jobs'::text) AND (t.next_fire_time > 0))) due ON (true))
  ORDER BY j.name;

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
    CONSTRAINT node_name_is_plain CHECK ((name ~ '^[a-zA-Z0-9._-]{1,40}$'::text)),
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

CREATE VIEW scheduler.run AS
 SELECT r.run_key,
    r.job,
    r.due_at,
    r.state,
        CASE
            WHEN (r.state <> 'queued'::text) THEN NULL::text
            WHEN (g.paused AND (r.requested_by IS NULL)) THEN 'the job is paused'::text
            WHEN ((g.overlap = 'queue'::text) AND (g.active_key IS NOT NULL) AND (g.active_key <> r.run_key)) THEN (('run '::text || g.active_key) || ' of the same job'::text)
            WHEN (NOT (EXISTS ( SELECT
               FROM scheduler_private.node n
              WHERE ((n.state = 'live'::text) AND (n.lease_until > clock_timestamp()) AND (r.runs_on <@ n.labels))))) THEN ('a live node'::text ||
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
    r.past_attempts
   FROM (scheduler_private.run r
     LEFT JOIN scheduler_private.job_gate g ON (((g.job = r.job) AND (r.state = 'queued'::text))));

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

CREATE TABLE scheduler_private.channel (
    name text NOT NULL,
    burst bigint DEFAULT 0 NOT NULL,
    heard_at timestamp with time zone
);

CREATE TABLE scheduler_private.cluster_start (
    only_row boolean DEFAULT true NOT NULL,
    started_at timestamp with time zone,
    leases bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    CONSTRAINT cluster_start_is_one_row CHECK (only_row)
);

CREATE TABLE scheduler_private.event (
    run_key text NOT NULL,
    job text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    cause text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000');

CREATE TABLE scheduler_private.job_note (
    job text NOT NULL,
    version integer NOT NULL,
    notes text[] NOT NULL,
    looked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
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

CREATE TABLE scheduler_private.question (
    id bigint NOT NULL,
    schedule text NOT NULL,
    time_zone text NOT NULL,
    fires integer NOT NULL,
    asked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    answer text,
    error text,
    answered_at timestamp with time zone
);

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

CREATE TABLE scheduler_private.subscription (
    event text NOT NULL,
    source text NOT NULL,
    job text NOT NULL,
    condition text NOT NULL,
    CONSTRAINT subscription_condition_is_known CHECK ((condition = ANY (ARRAY[''::text, 'success'::text, 'failure'::text, 'any'::text]))),
    CONSTRAINT subscription_event_is_known CHECK ((event = ANY (ARRAY['after'::text, 'startup'::text, 'release'::text, 'notify'::text])))
);

ALTER TABLE ONLY scheduler_private.run ATTACH PARTITION scheduler_private.run_default DEFAULT;

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

ALTER TABLE ONLY scheduler.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (name);

ALTER TABLE ONLY scheduler_private.channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (name);

ALTER TABLE ONLY scheduler_private.cluster_start
    ADD CONSTRAINT cluster_start_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY scheduler_private.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (run_key);

ALTER TABLE ONLY scheduler_private.job_gate
    ADD CONSTRAINT job_gate_pkey PRIMARY KEY (job);

ALTER TABLE ONLY scheduler_private.job_note
    ADD CONSTRAINT job_note_pkey PRIMARY KEY (job);

ALTER TABLE ONLY scheduler_private.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (number);

ALTER TABLE ONLY scheduler_private.node
    ADD CONSTRAINT node_lease_id_key UNIQUE (lease_id);

ALTER TABLE ONLY scheduler_private.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (name);

ALTER TABLE ONLY scheduler_private.question
    ADD CONSTRAINT question_pkey PRIMARY KEY (id);

ALTER TABLE ONLY scheduler_private.request
    ADD CONSTRAINT request_pkey PRIMARY KEY (job, key);

ALTER TABLE ONLY scheduler_private.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (due_at, run_key);

ALTER TABLE ONLY scheduler_private.run_default
    ADD CONSTRAINT run_default_pkey PRIMARY KEY (due_at, run_key);

ALTER TABLE ONLY scheduler_private.schema_object
    ADD CONSTRAINT schema_object_pkey PRIMARY KEY (name);

ALTER TABLE ONLY scheduler_private.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (event, source, job, condition);

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

CREATE INDEX idx_qrtz_t_c ON quartz.qrtz_triggers USING btree (sched_name, calendar_name);

CREATE INDEX idx_qrtz_t_g_n ON quartz.qrtz_triggers USING btree (sched_name, trigger_group, trigger_name);

CREATE INDEX idx_qrtz_t_j ON quartz.qrtz_triggers USING btree (sched_name, job_name, job_group);

CREATE INDEX idx_qrtz_t_nft_st ON quartz.qrtz_triggers USING btree (sched_name, trigger_state, next_fire_time, priority DESC, misfire_instr);

CREATE INDEX trigger_of_quartz ON quartz.qrtz_triggers USING btree (sched_name, next_fire_time) WHERE (((execution_group)::text IS DISTINCT FROM 'fire'::text) AND (trigger_state = 'WAITING'::text));

CREATE INDEX job_of_calendar ON scheduler.job USING btree (calendar) WHERE (calendar IS NOT NULL);

CREATE INDEX request_by_age ON scheduler_private.request USING btree (requested_at);

CREATE INDEX run_of_job ON ONLY scheduler_private.run USING btree (job, due_at DESC);

CREATE INDEX run_default_job_due_at_idx ON scheduler_private.run_default USING btree (job, due_at DESC);

CREATE INDEX run_live ON ONLY scheduler_private.run USING btree (state, priority DESC, due_at) WHERE (state <> 'finished'::text);

CREATE INDEX run_default_state_priority_due_at_idx ON scheduler_private.run_default USING btree (state, priority DESC, due_at) WHERE (state <> 'finished'::text);

CREATE INDEX subscription_of_job ON scheduler_private.subscription USING btree (job);

ALTER INDEX scheduler_private.run_of_job ATTACH PARTITION scheduler_private.run_default_job_due_at_idx;

ALTER INDEX scheduler_private.run_pkey ATTACH PARTITION scheduler_private.run_default_pkey;

ALTER INDEX scheduler_private.run_live ATTACH PARTITION scheduler_private.run_default_state_priority_due_at_idx;

CREATE TRIGGER wake_on_insert AFTER INSERT ON quartz.qrtz_triggers FOR EACH STATEMENT EXECUTE FUNCTION quartz.wake();

CREATE TRIGGER wake_on_update AFTER UPDATE ON quartz.qrtz_triggers FOR EACH ROW WHEN (((new.trigger_state = 'WAITING'::text) AND ((old.trigger_state = ANY (ARRAY['PAUSED'::text, 'BLOCKED'::text, 'AWAITING'::text, 'ERROR'::text])) OR (new.next_fire_time < old.next_fire_time)))) EXECUTE FUNCTION quartz.wake();

CREATE TRIGGER calendar_checked BEFORE INSERT OR DELETE OR UPDATE ON scheduler.calendar FOR EACH ROW EXECUTE FUNCTION scheduler_private.calendar_changed();

CREATE TRIGGER calendar_told AFTER INSERT OR DELETE OR UPDATE ON scheduler.calendar FOR EACH ROW EXECUTE FUNCTION scheduler_private.calendar_changed();

CREATE TRIGGER job_edited AFTER UPDATE ON scheduler.job FOR EACH ROW WHEN ((new.version <> old.version)) EXECUTE FUNCTION scheduler_private.job_changed();

CREATE TRIGGER job_made AFTER INSERT ON scheduler.job FOR EACH ROW EXECUTE FUNCTION scheduler_private.job_changed();

CREATE TRIGGER job_removed AFTER DELETE ON scheduler.job FOR EACH ROW EXECUTE FUNCTION scheduler_private.job_changed();

CREATE TRIGGER job_subscribed AFTER INSERT ON scheduler.job FOR EACH ROW EXECUTE FUNCTION scheduler_private.job_subscribed();

CREATE TRIGGER job_subscribed_anew AFTER UPDATE ON scheduler.job FOR EACH ROW WHEN (((new.schedule IS DISTINCT FROM old.schedule) OR (new.schedule ~ '\mrelease\M'::text))) EXECUTE FUNCTION scheduler_private.job_subscribed();

CREATE TRIGGER job_unsubscribed BEFORE DELETE ON scheduler.job FOR EACH ROW WHEN ((old.schedule ~ '\mafter\M'::text)) EXECUTE FUNCTION scheduler_private.job_subscribed();

CREATE TRIGGER job_version BEFORE UPDATE ON scheduler.job FOR EACH ROW EXECUTE FUNCTION scheduler_private.job_changed();

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

ALTER TABLE ONLY scheduler.job
    ADD CONSTRAINT job_calendar_exists FOREIGN KEY (calendar) REFERENCES scheduler.calendar(name);

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

REVOKE ALL ON FUNCTION scheduler.run_now(name text, params jsonb, key text) FROM PUBLIC;
GRANT ALL ON FUNCTION scheduler.run_now(name text, params jsonb, key text) TO scheduler_operator;
GRANT ALL ON FUNCTION scheduler.run_now(name text, params jsonb, key text) TO scheduler_admin;
GRANT ALL ON FUNCTION scheduler.run_now(name text, params jsonb, key text) TO scheduler_node;

GRANT ALL ON FUNCTION scheduler_private.calendar_changed() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.calendar_changed() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.check_blackout(calendar text, entry jsonb) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.check_blackout(calendar text, entry jsonb) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.count_burst(channel text, known bigint, lease bigint) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.count_burst(channel text, known bigint, lease bigint) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.drop_partition(partition text, keep interval) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.drop_partition(partition text, keep interval) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.due_of(run_key text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.due_of(run_key text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.ensure_partitions(around timestamp with time zone) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.ensure_partitions(around timestamp with time zone) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.event_key(job text, due timestamp with time zone, mark text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.event_key(job text, due timestamp with time zone, mark text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.followers(parent text, verdict text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.followers(parent text, verdict text) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.job_changed() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.job_changed() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.job_subscribed() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.job_subscribed() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.long_holder(relation regclass) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.long_holder(relation regclass) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.node_opened(lease bigint, former bigint) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.node_opened(lease bigint, former bigint) TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.run_partitions() TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.run_partitions() TO scheduler_admin;

GRANT ALL ON FUNCTION scheduler_private.subscriptions_of(name text, schedule text) TO scheduler_node;
GRANT ALL ON FUNCTION scheduler_private.subscriptions_of(name text, schedule text) TO scheduler_admin;

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

GRANT SELECT ON TABLE scheduler.calendar TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.calendar TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.calendar TO scheduler_admin;
GRANT ALL ON TABLE scheduler.calendar TO scheduler_node;

GRANT SELECT ON TABLE scheduler.job TO scheduler_viewer;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE scheduler.job TO scheduler_operator;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE scheduler.job TO scheduler_admin;
GRANT ALL ON TABLE scheduler.job TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.job_gate TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.job_gate TO scheduler_node;

GRANT SELECT ON TABLE scheduler.job_status TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.job_status TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.job_status TO scheduler_admin;
GRANT ALL ON TABLE scheduler.job_status TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.node TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.node TO scheduler_node;

GRANT SELECT ON TABLE scheduler.node TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.node TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.node TO scheduler_admin;
GRANT ALL ON TABLE scheduler.node TO scheduler_node;

GRANT SELECT ON TABLE scheduler.run TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.run TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.run TO scheduler_admin;
GRANT ALL ON TABLE scheduler.run TO scheduler_node;

GRANT SELECT ON TABLE scheduler.running TO scheduler_viewer;
GRANT SELECT ON TABLE scheduler.running TO scheduler_operator;
GRANT SELECT ON TABLE scheduler.running TO scheduler_admin;
GRANT ALL ON TABLE scheduler.running TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.channel TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.channel TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.cluster_start TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.cluster_start TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.event TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.event TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.job_note TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.job_note TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.lease_id TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.migration TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.migration TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.question TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.question TO scheduler_node;

GRANT ALL ON SEQUENCE scheduler_private.question_id_seq TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.request TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.request TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.run_default TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.run_default TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.schema_object TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.schema_object TO scheduler_node;

GRANT SELECT ON TABLE scheduler_private.subscription TO scheduler_admin;
GRANT ALL ON TABLE scheduler_private.subscription TO scheduler_node;
