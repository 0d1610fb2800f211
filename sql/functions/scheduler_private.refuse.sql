-- Refuse an edit of a job: nothing of the statement happens.
--   job      name of the job
--   column   the column at fault
--   problem  names the value and what was expected
--   meant    what it should have been, or null
-- Always raises check_violation; the corrected text, where there is one, is the HINT.
create or replace function scheduler_private.refuse(job text, "column" text, problem text, meant text default null) returns void
language plpgsql as $$
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
