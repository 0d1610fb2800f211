-- What somebody wants to be told of a job, as bits: failure 1, recovery 2, success 4, missed 8, skip 16, lost 32, guard 64, incident 128,
-- start 256.
--   notify   the column of scheduler.job
-- Returns 0 for nothing. The statements that write verdicts test the bits: run_finish.sql, run_succeed.sql, run_enter.sql, run_requeue_lost.sql,
-- claim.sql.
create or replace function scheduler_private.notify_mask(notify jsonb) returns smallint
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select coalesce(bit_or(case o when 'failure' then 1 when 'recovery' then 2 when 'success' then 4 when 'missed' then 8 when 'skip' then 16
        when 'lost' then 32 when 'guard' then 64 when 'incident' then 128 when 'start' then 256 else 0 end), 0)::smallint
    from jsonb_array_elements_text(case when jsonb_typeof(notify -> 'on') = 'array' then notify -> 'on' else '[]' end) o
$$;
