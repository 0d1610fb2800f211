-- Note an outage of the database as this node saw it, see scheduler_private.note_outage.
--   $1 text, $2 timestamptz, $3 text
select scheduler_private.note_outage($1, $2, $3)
