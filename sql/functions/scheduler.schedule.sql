-- Make a job, or change the one of that name; the shape of pg_cron's cron.schedule.
--   name          the job's name; without it (two arguments) one is made up from what it does, so that the same call again changes nothing
--   schedule      when it is due, e.g. '0 3 * * *', 'every 30s' (see docs/schedules.md)
--   command       statements of a job of kind sql; for any other kind its settings as JSON
--   time_zone     IANA name
--   kind          what it does
--   database      for kind sql: another database named in config/scheduler.yaml, or null: the scheduler's own
--   params        values each run is given
--   description   one sentence; '' keeps the one there is
-- Returns the job's name. What else a job has keeps its value, or has its default. Raises check_violation for what cannot be.
create or replace function scheduler.schedule(name text, schedule text, command text, time_zone text default 'UTC', kind text default 'sql',
    database text default null, params jsonb default '{}', description text default '') returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
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

create or replace function scheduler.schedule(schedule text, command text) returns text
language sql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
    select scheduler.schedule('sql-' || left(encode(sha256(convert_to(schedule.schedule || ' ' || schedule.command, 'UTF8')), 'hex'), 12),
        schedule.schedule, schedule.command)
$$;
