-- The channels jobs wait on.
select distinct s.source from scheduler_private.subscription s where s.event = 'notify' order by 1
