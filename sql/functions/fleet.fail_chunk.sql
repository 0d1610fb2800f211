-- A worker cannot do a chunk. Counts only while the worker holds it; the chunk stays failed until somebody puts it back.
--   chunk_id   the chunk
--   node_id    the worker that claimed it
--   error      why, cut at 4000 characters
-- Returns true when the chunk is failed by this node; false when it was taken away meanwhile (or is no longer there). Safe to repeat.
create or replace function fleet.fail_chunk(chunk_id uuid, node_id uuid, error text) returns boolean
language plpgsql security invoker as $$
begin
    update fleet.chunk c
    set status = 'failed', completed_at = clock_timestamp(), error = left(coalesce(nullif(fail_chunk.error, ''), 'no reason given'), 4000)
    where c.id = fail_chunk.chunk_id and c.node_id = fail_chunk.node_id and c.status = 'running';
    return found or exists (
        select from fleet.chunk c
        where c.id = fail_chunk.chunk_id and c.node_id = fail_chunk.node_id and c.status = 'failed');
end $$;
