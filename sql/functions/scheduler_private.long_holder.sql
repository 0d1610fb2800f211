-- Who has a table in use in a transaction that is not about to end: whoever asks for an exclusive lock now would wait for it, and everybody
-- else would wait behind that.
--   relation   the table
-- Returns one such session in words, e.g. 'process 4711 (scheduler job lease 7) since 10:15:02Z', or null when there is none to be seen: sessions
-- of other roles show their transaction to members of pg_read_all_stats only.
create or replace function scheduler_private.long_holder(relation regclass) returns text
language sql volatile as $$
    select format('process %s (%s) since %s', a.pid, coalesce(nullif(a.application_name, ''), 'no name'),
        to_char(a.xact_start at time zone 'UTC', 'HH24:MI:SS"Z"'))
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'relation' and l.relation = long_holder.relation and l.granted
        and l.database = (select d.oid from pg_database d where d.datname = current_database())
        and a.pid <> pg_backend_pid() and a.xact_start < clock_timestamp() - interval '250 milliseconds'
    order by a.xact_start limit 1
$$;
