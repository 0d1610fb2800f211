-- Whether Quartz's tables hold more than twice what the planner believes.
select (select count(*) from quartz.qrtz_triggers) > 2 * greatest(c.reltuples, 0) from pg_class c where c.oid = 'quartz.qrtz_triggers'::regclass
