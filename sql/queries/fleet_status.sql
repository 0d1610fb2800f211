-- The one row of fleet.status, named as the record that is read from it.
select nodes_pending as "NodesPending", nodes_online as "NodesOnline", nodes_offline as "NodesOffline",
    chunks_pending as "ChunksPending", chunks_running as "ChunksRunning", chunks_done as "ChunksDone", chunks_failed as "ChunksFailed",
    oldest_pending_at as "OldestPendingAt", jobs as "Jobs", configs as "Configs",
    chunks_to_reclaim as "ChunksToReclaim", nodes_to_mark_offline as "NodesToMarkOffline",
    nodes_to_delete as "NodesToDelete", configs_to_delete as "ConfigsToDelete",
    oldest_heartbeat_at as "OldestHeartbeatAt", newest_heartbeat_at as "NewestHeartbeatAt"
from fleet.status
