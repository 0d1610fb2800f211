-- 0013 · Deciding on fires without a lock on each gate. Breaking: no.

-- Holds no rows: its lock is taken in share mode by statements that decide on fires and runs, and in row exclusive mode by transactions that change
-- gates. Each kind goes along with its like and not with the other. See scheduler_private.keep_gates and docs/decisions/0017.
create table scheduler_private.gate_lock ();
