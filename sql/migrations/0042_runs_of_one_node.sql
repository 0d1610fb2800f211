-- 0042 · Runs that are one node's alone, and runs that are part of another. Breaking: no.

alter table scheduler_private.run
    add column only_node text,                         -- the name of the only node that may take it; null: any that fits
    add column part_of text;                           -- the run whose part on one node it is (runs_on: all); null: none's
-- Live runs of one node are few, and none where no job asks for it.
create index run_of_one_node on scheduler_private.run (only_node) where state <> 'finished' and only_node is not null;
create index run_part on scheduler_private.run (part_of) where part_of is not null;
