-- What a run begins with: how far a former owner came, and the approval it runs under.
--   $1 text, $2 timestamptz   run key and due time
-- Returns the checkpoint (json), and of the approval the stopped run's key and due time, what was counted (json) and who approved; each null for none.
select r.checkpoint::text, a.run_key, a.due_at, a.counts::text, a.approved_by
from scheduler_private.run r left join scheduler_private.approval a on a.new_run_key = r.run_key
where r.due_at = $2 and r.run_key = $1
