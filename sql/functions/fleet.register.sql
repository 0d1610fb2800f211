-- Add a worker to the fleet as pending; its first heartbeat puts it online.
--   name      what people call it, 1 to 200 characters; need not be unique
--   user_id   who has claimed it, or null; a pending node nobody claims is deleted after an hour
-- Returns the node's id, which the worker keeps. Not safe to repeat: each call adds a node, and an unused one goes as above.
create or replace function fleet.register(name text, user_id uuid default null) returns uuid
language sql security invoker as $$
    insert into fleet.node (name, user_id) values (register.name, register.user_id) returning id
$$;
