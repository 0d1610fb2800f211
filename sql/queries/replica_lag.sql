-- By how many seconds the slowest replica is behind; 0 without replicas, and for users that may not know.
select coalesce(max(extract(epoch from s.replay_lag)), 0)::float8 from pg_stat_replication s
