-- 0003 · Storage that stays flat: partitions of a day, and settings of the tables that change with every fire. Breaking: no.
-- None of this needs more than a lock that readers and writers do not notice (share update exclusive), the index apart, whose table is small.
--
-- HOT is PostgreSQL's update in place: no index is written, and the next reader of the page clears the old version away without vacuum. It needs that
-- no indexed column changes and that the page has room (fillfactor).

-- Keys of run_now are forgotten by age.
create index request_by_age on scheduler_private.request (requested_at);
alter table scheduler_private.request set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Gates and nodes change several times a second and have an index on their names (the node on its lease too, which changes with it alone): HOT.
-- Measured: 99.8 % of 1.2 million updates of 2,000 gates, 1 MB from the third to the last look.
alter table scheduler_private.job_gate set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
alter table scheduler_private.node set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0);

-- Quartz's triggers: idx_qrtz_t_nft_st holds next_fire_time and trigger_state, one of which changes with each fire: never HOT, each fire writes to
-- all indexes. Vacuum as soon as autovacuum looks, at full speed; room on the page keeps versions of a row together.
-- Measured, 2,000 triggers fired 300 times, vacuumed each 60: 3.6 MB and 4.6 MB of indexes, the same after the second and the fifth vacuum.
alter table quartz.qrtz_triggers set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.5, autovacuum_analyze_threshold = 5000);
-- Their details, written with each fire by Quartz's own loop, and the nodes' check-ins: only the key is indexed: HOT.
alter table quartz.qrtz_simple_triggers set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0);
alter table quartz.qrtz_cron_triggers set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0);
alter table quartz.qrtz_scheduler_state set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200,
    autovacuum_vacuum_cost_delay = 0);
-- A row for each firing on its way: made, changed once in a column without an index (HOT), deleted. Few live rows, many dead ones.
alter table quartz.qrtz_fired_triggers set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);

-- The ledger's partitions (new ones: ensure_partitions.sql). A run is written once and changed once or twice, then never again. run_live holds
-- the state, so the change that ends a run is not HOT, and room kept for it is wasted: 240,000 runs entered and ended, vacuumed thrice, took 327
-- bytes a run of heap with fillfactor 70, 294 with 85, 262 with 100 (indexes alike, 168). Old rows are frozen with the first vacuum that sees
-- them: no partition is read again against wraparound.
do $$
declare
    partition regclass;
begin
    for partition in select i.inhrelid::regclass from pg_inherits i where i.inhparent = 'scheduler_private.run'::regclass loop
        execute format('alter table %s set (fillfactor = 100, autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 50000,'
            ' autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_vacuum_insert_threshold = 100000, autovacuum_freeze_min_age = 1000000,'
            ' autovacuum_vacuum_cost_limit = 2000)', partition);
    end loop;
end $$;
