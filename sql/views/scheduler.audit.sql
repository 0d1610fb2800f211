-- Who changed which job, when, how and why, in the order of the changes: order by at desc limit 20 shows the latest.
-- changes is {column: [before, after]}; of a new job all it has, of a deleted one all it had.
create or replace view scheduler.audit as
select v.at, v.job, v.version, v.action, v.role, v.application, v.source, v.reason,
    case when v.changes is not null then v.changes
         else (select jsonb_object_agg(d.key, case v.action when 'delete' then jsonb_build_array(d.value, null) else jsonb_build_array(null, d.value) end)
               from jsonb_each(v.definition) d) end as changes,
    v.id
from scheduler_private.job_version v;
