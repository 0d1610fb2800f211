-- Jobs that have yet to be brought to Quartz, in the order of their changes.
--   $1 int      most rows
--   $2 text[]   jobs to leave out: somebody holds them just now
-- Returns name and mark. One that is being changed at this moment is left out: its commit tells of it.
select c.job, c.mark from scheduler_private.job_change c
where c.job <> all ($2::text[])
order by c.mark limit $1
for no key update skip locked
