-- Trigger function for relations that jobs with for_each are about: tell the nodes. Writes nothing.
create or replace function scheduler_private.for_each_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('scheduler_for_each', tg_table_schema || '.' || tg_table_name);
    return null;
end $$;
