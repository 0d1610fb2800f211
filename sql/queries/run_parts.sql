-- How far the parts of a run are, noted as its progress. Also a fence: "mine" is false when the run is no longer this node's.
--   $1 text, $2 timestamptz, $3 bigint, $4 bigint   run key, due time, token, this node's lease
-- Returns a row for each part: its node, verdict (null: not ended), reason and error, and whether the run is this node's; one row without a node when
-- there are none.
with part as materialized (
    select p.only_node, p.verdict, p.reason, p.error from scheduler_private.run p where p.due_at = $2 and p.part_of = $1
),
noted as (
    update scheduler_private.run r
    set progress = (select jsonb_build_object('done', count(*) filter (where p.verdict is not null), 'of', count(*)) from part p)
    where r.due_at = $2 and r.run_key = $1 and r.token = $3 and r.owner = $4 and r.verdict is null
    returning r.run_key
)
select p.only_node, p.verdict, p.reason, p.error, exists (select from noted) as mine
from (select true) one left join part p on true order by p.only_node
