-- Take pending chunks for a worker, oldest first. No two callers ever get one chunk, and none waits for another.
--   node_id     the worker, online
--   max_count   most chunks to take, 1 to 1000
-- Returns the chunks taken, now running; none when none is pending. A chunk not finished within 5 minutes of its claim is taken
-- away again. Raises no_data_found for an unknown node, object_not_in_prerequisite_state for one that is not online.
-- Repeating takes further chunks.
create or replace function fleet.claim_chunks(node_id uuid, max_count integer default 1) returns setof fleet.chunk
language plpgsql security invoker as $$
declare
    node_status text;
begin
    if max_count is null or max_count not between 1 and 1000 then
        raise exception 'max_count is %; expected 1 to 1000', coalesce(max_count::text, 'null') using errcode = 'invalid_parameter_value';
    end if;
    select n.status into node_status from fleet.node n where n.id = claim_chunks.node_id;
    if not found then
        raise exception 'there is no fleet node %', coalesce(claim_chunks.node_id::text, 'null') using errcode = 'no_data_found',
            hint = 'register again with fleet.register(name) and use the id it returns; nodes that never joined or left long ago are deleted';
    end if;
    if node_status <> 'online' then
        raise exception 'fleet node % is %; only online nodes may claim chunks', claim_chunks.node_id, node_status
            using errcode = 'object_not_in_prerequisite_state', hint = 'call fleet.heartbeat(node_id) first: it puts the node online';
    end if;
    return query
    with free as materialized (
        select p.id from fleet.chunk p where p.status = 'pending'
        order by p.created_at, p.id limit claim_chunks.max_count
        for update skip locked
    )
    update fleet.chunk c
    set status = 'running', node_id = claim_chunks.node_id, claimed_at = clock_timestamp(), attempts = c.attempts + 1, error = null
    from free where c.id = free.id
    returning c.*;
end $$;
