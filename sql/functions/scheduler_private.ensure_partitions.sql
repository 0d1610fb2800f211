-- Make the monthly partitions of the ledger around an instant: the month before it and the next two.
--   around   any instant of the middle month
-- Returns how many it made. Safe to repeat and to call from several nodes at once (one advisory lock).
create or replace function scheduler_private.ensure_partitions(around timestamptz default now()) returns integer
language plpgsql as $$
declare
    month date;
    made integer := 0;
begin
    perform pg_advisory_xact_lock(hashtext('scheduler.partitions'));
    for month in
        select (date_trunc('month', around at time zone 'UTC') + make_interval(months => m))::date
        from generate_series(-1, 2) as m
    loop
        if to_regclass(format('scheduler_private.run_%s', to_char(month, 'YYYYMM'))) is null then
            execute format(
                'create table scheduler_private.%I partition of scheduler_private.run for values from (%L) to (%L)'
                ' with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05)',
                'run_' || to_char(month, 'YYYYMM'),
                to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
                to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
            made := made + 1;
        end if;
    end loop;
    return made;
end $$;
