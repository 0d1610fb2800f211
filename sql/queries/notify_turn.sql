-- What this node is to deliver now, see scheduler_private.notify_turn.
--   $1 text, $2 bigint   this node's name and lease
--   $3 text[]   names of the calendars that leave this instant out
--   $4 int      messages it can have in hand
select t.id, t.attempts, t.dedupe_key, t.what, t.payload::text, t.channel, t.kind, t.settings::text from scheduler_private.notify_turn($1, $2, $3, $4) t
