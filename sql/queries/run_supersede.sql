-- Where a later fire of a job with overlap "cancel" waits, let it take the place of those before it.
-- Returns how many runs were asked to end, or ended.
select scheduler_private.supersede()
