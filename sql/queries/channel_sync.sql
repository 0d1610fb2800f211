-- The channels somebody waits on and the number of the last burst of each, with a mark of this node's own in the queue of notifications: what it hears
-- before the mark is not counted by it, what it hears after belongs to later bursts than these.
--   $1 text   the mark
with told as materialized (select pg_notify('scheduler_bursts', $1))
select c.name, c.burst from scheduler_private.channel c cross join told
where exists (select from scheduler_private.subscription s where s.event = 'notify' and s.source = c.name)
