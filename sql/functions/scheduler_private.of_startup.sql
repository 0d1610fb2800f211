-- True when a run was made due by a start of the cluster, at first hand or through runs that were.
--   run_key   the run
-- Of a run that followed several all have to be. Looks back over at most a thousand runs; a longer line counts as none.
create or replace function scheduler_private.of_startup(run_key text) returns boolean
language plpgsql stable as $$
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
