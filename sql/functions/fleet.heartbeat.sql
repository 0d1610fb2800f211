-- A worker is alive: put it online and note when it was seen. Call it every 10 to 60 seconds; after 5 minutes of silence a node is offline.
--   node_id   the id fleet.register returned
-- Returns the instant noted. Raises no_data_found for an unknown node. Safe to repeat; each call adds a row to fleet.heartbeat.
create or replace function fleet.heartbeat(node_id uuid) returns timestamptz
language plpgsql security invoker as $$
declare
    seen timestamptz := clock_timestamp();
begin
    update fleet.node n set status = 'online', last_seen_at = seen where n.id = heartbeat.node_id;
    if not found then
        raise exception 'there is no fleet node %', coalesce(heartbeat.node_id::text, 'null') using errcode = 'no_data_found',
            hint = 'register again with fleet.register(name) and use the id it returns; nodes that never joined or left long ago are deleted';
    end if;
    insert into fleet.heartbeat (node_id, created_at) values (heartbeat.node_id, seen);
    return seen;
end $$;
