-- Transactions that only try whether edits would be accepted: 'scheduler config plan'. A row lives no longer than its transaction, which is
-- rolled back.
create table scheduler_private.trial (xid xid8 primary key);
comment on table scheduler_private.trial is 'Transactions that only try: they cannot be committed, and what they edit changes no gate.';
