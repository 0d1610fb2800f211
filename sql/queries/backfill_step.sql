-- Enter what may be entered now of the backfills under way. Returns how many are still under way.
select scheduler_private.backfill_step()
