-- What the ledger keeps of jobs about to be removed.
--   $1 text[]   names
--   $2 int      count runs of each up to this many
-- Returns name, runs, last success (null: none the ledger still has).
select w.name, (select count(*) from (select from scheduler.run r where r.job = w.name limit $2) c), s.last_success_at
from unnest($1::text[]) as w (name) left join scheduler.job_status s on s.name = w.name
