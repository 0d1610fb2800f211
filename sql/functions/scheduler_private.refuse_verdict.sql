-- Raise SR001: a run is not its caller's to end.
create or replace function scheduler_private.refuse_verdict(run_key text) returns text
language plpgsql volatile as $$
begin
    raise exception 'run % has another owner or token, or its verdict', quote_literal(run_key) using errcode = 'SR001';
end $$;
