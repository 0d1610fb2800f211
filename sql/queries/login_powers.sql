-- What the login of this session can do that the text of jobs must not: the first such power in words, no row when it has none.
-- What it is a member of counts, whether it is inherited or to be had by "set role".
select p.power from (
    select 1 as n, 'is a superuser or can become one' as power
    where exists (select from pg_roles r where r.rolsuper and pg_has_role(session_user, r.oid, 'member'))
    union all
    select 2, 'can make roles'
    where exists (select from pg_roles r where r.rolcreaterole and pg_has_role(session_user, r.oid, 'member'))
    union all
    select 3, 'can run programs, or read or write files, on the server (' || r.rolname || ')'
    from pg_roles r where r.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
        and pg_has_role(session_user, r.oid, 'member')
    union all
    select 4, 'reads the scheduler''s own tables'
    where exists (select from pg_namespace s, pg_roles r where s.nspname in ('scheduler_private', 'quartz')
        and pg_has_role(session_user, r.oid, 'member') and has_schema_privilege(r.oid, s.oid, 'usage'))
) p order by p.n limit 1
