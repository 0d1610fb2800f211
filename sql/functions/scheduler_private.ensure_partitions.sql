-- Make the daily partitions of the ledger around an instant: the day before it, for fires that are entered late, to seven days after it; also
-- days that were left out while no node ran, and days whose rows went to run_default, both up to 31 days back. A day that an existing partition
-- (of a month, say) holds already is not made.
--   around   any instant of the middle day (UTC)
-- Returns how many it made; 0 when another session is at it. Safe to repeat and to call from several nodes at once.
-- Firing goes on meanwhile: days are made aside and put in place under a lock on run_default alone, which is waited for 200 ms at most, and not
-- at all while a long transaction has it. What cannot be made is left for the next call, with a warning that says why.
create or replace function scheduler_private.ensure_partitions(around timestamptz default now()) returns integer
language plpgsql set timezone = 'UTC' set lock_timeout = '200ms' as $$
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
end $$;
