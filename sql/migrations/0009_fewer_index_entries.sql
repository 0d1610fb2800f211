-- 0009 · Fewer index entries a fire. Breaking: no.
-- Advancing a trigger writes an entry into every index of its row. Two of Quartz's say nothing here.

-- The same three columns as the primary key, in another order. Triggers are looked up by their whole key; what reads a whole group reads the
-- whole table.
drop index quartz.idx_qrtz_t_g_n;

-- Only triggers with a calendar are ever looked for by it.
drop index quartz.idx_qrtz_t_c;
create index idx_qrtz_t_c on quartz.qrtz_triggers (sched_name, calendar_name) where calendar_name is not null;
