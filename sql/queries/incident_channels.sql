-- The channels that are told of all incidents, as a node remembers them for when the database is away.
--   $1 int   at most so many
select c.name, c.kind, c.settings::text from scheduler.channel c where c.incidents and c.enabled and c.kind <> 'ping' order by c.name limit $1
