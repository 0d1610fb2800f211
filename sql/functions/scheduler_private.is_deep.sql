-- True for JSON that is nested more than 32 levels deep: more than anybody writes, and less than half of what readers give up at.
create or replace function scheduler_private.is_deep(content jsonb) returns boolean
language sql immutable strict parallel safe as $$
    select content @? 'strict $.**{33}'
$$;
