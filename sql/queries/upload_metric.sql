-- Keep what a node said of itself.
--   $1 text, $2 text    node and run key
--   $3 jsonb            the columns by their names; a number that does not fit is left out by the reader
insert into snapshot.node_metric (node, run_key, height, head_at, syncing, sync_distance, peers, chain, client_version, disk_free_bytes, missing, raw)
select $1, $2, m.height, m.head_at, m.syncing, m.sync_distance, m.peers, m.chain, m.client_version, m.disk_free_bytes,
    coalesce(m.missing, '{}'), coalesce(m.raw, '{}')
from jsonb_to_record($3::jsonb) as m (height bigint, head_at timestamptz, syncing boolean, sync_distance bigint, peers integer, chain text,
    client_version text, disk_free_bytes bigint, missing jsonb, raw jsonb)
