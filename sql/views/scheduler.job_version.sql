-- Every version every job ever had, and who made it. action: insert, update, delete, pause, resume, enable, disable, undo.
-- valid_until is null for the version in force; the version that stands for a job's end (action delete) was never in force.
-- definition has the columns of scheduler.job; of a delete, what was deleted. application is what the session called itself; source is sql, cli,
-- api, node, or the file and line the job was declared at.
create or replace view scheduler.job_version as
select v.job, v.version, v.action, v.at as valid_from,
    case when v.action = 'delete' then v.at else lead(v.at) over (partition by v.job order by v.version) end as valid_until,
    v.role, v.application, v.source, v.reason, v.definition, v.changes, v.id
from scheduler_private.job_version v;
