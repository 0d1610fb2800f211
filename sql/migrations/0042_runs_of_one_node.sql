-- 0042 · Runs that are one node's alone. Breaking: no.

-- The name of the only node that may take it; null: any that fits.
alter table scheduler_private.run add column only_node text;
