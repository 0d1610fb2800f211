-- Refuse a job whose calendar does not exist.
--   job   the row
create or replace function scheduler_private.check_calendar(job scheduler.job) returns void
language plpgsql stable as $$
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
