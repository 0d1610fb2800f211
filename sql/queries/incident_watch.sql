-- One look at what is wrong, see scheduler_private.watch_incidents.
--   $1 interval, $2 interval   time between two looks of the cluster; how long the ledger keeps runs
select scheduler_private.watch_incidents($1, $2)
