-- True for JSON that is nested more than 32 levels deep: more than a person writes, and half of what .NET's reader takes.
create or replace function scheduler_private.is_deep(content jsonb) returns boolean
language sql immutable strict parallel safe as $$
    select content @? 'strict $.**{33}'
$$;
