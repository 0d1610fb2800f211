-- The names of the channels that jobs may name.
select c.name from scheduler.channel c order by c.name
