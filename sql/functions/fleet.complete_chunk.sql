-- A worker has done a chunk. Counts only while the worker holds it.
--   chunk_id   the chunk
--   node_id    the worker that claimed it
-- Returns true when the chunk is done by this node; false when it was taken away meanwhile (or is no longer there): discard the
-- result, another worker does it. Safe to repeat: the answer stays the same until the chunk is given to another.
create or replace function fleet.complete_chunk(chunk_id uuid, node_id uuid) returns boolean
language plpgsql security invoker as $$
begin
    update fleet.chunk c set status = 'done', completed_at = clock_timestamp()
    where c.id = complete_chunk.chunk_id and c.node_id = complete_chunk.node_id and c.status = 'running';
    return found or exists (
        select from fleet.chunk c
        where c.id = complete_chunk.chunk_id and c.node_id = complete_chunk.node_id and c.status = 'done');
end $$;
