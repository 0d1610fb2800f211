-- End this node's turn to reconcile.
select pg_advisory_unlock(hashtext('scheduler.reconcile'))
