-- Take everything out of a session that the text of a job may have left in it; "discard all" would take the driver's prepared statements too.
-- What the session asked for at its start (time-outs, time zone) is what "reset all" goes back to.
set session authorization default;
reset all;
close all;
unlisten *;
select pg_advisory_unlock_all();
discard sequences;
discard temp;
