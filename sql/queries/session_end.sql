-- End a session of this login: its run is over and its code is not.
--   $1 int   process id of the session's backend
select pg_terminate_backend($1)
