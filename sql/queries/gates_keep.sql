-- Ask to read gates without locking them, until the end of this transaction: see scheduler_private.keep_gates. To be sent before the statement that
-- decides, not within it: what that one sees must have been committed after the lock was had.
select set_config('scheduler.gates_kept', scheduler_private.keep_gates()::text, true)
