-- Trigger function of scheduler.job: judge each row in the statement that writes it, and refuse it with the column, the value and what was expected.
-- Only columns that change are judged, so that an old mistake never stands in the way of another edit. What refers to other jobs is judged when the
-- statement is done (job_versioned.sql), what a node alone can judge (whether a rule is ever due) by one within a
-- second (column problem).
create or replace function scheduler_private.job_check() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set jit = off as $$
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
end $$;

create or replace trigger job_check before insert or update on scheduler.job
    for each row execute function scheduler_private.job_check();
