-- placeholder
create or replace function snapshot.node_schema(name text) returns jsonb
language sql immutable strict parallel safe as $$
    select null::jsonb
$$;
