-- Trigger on snapshot.node: refuses a row that could make no upload, naming key, value and what was expected, and notes who wrote it.
-- A password or token in the open is refused: everybody who may read the table would know it.
create or replace function snapshot.node_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    part record;
    found_problem text;
    found_meant text;
begin
    for part in select * from (values ('endpoints', new.endpoints), ('agent', new.agent), ('limits', new.limits)) p (name, value) loop
        select string_agg(p.problem, '; '), min(p.meant) into found_problem, found_meant
        from scheduler_private.json_problems(part.value, snapshot.node_schema(part.name), part.name) p;
        exit when found_problem is not null;
    end loop;
    if found_problem is null then
        select s.problem, s.meant into found_problem, found_meant from scheduler_private.schedule_problem(new.schedule, 'UTC', null) s;
    end if;
    if found_problem is null then
        found_problem := case
            when new.agent ->> 'kind' = 'rclone' and new.agent ->> 'url' is null
            then 'agent has no url; an rclone agent needs one, e.g. http://10.0.0.5:5572'
            when new.agent ->> 'kind' = 'command' and not (new.agent ?& array['start', 'status', 'stop'])
            then 'agent needs start, status and stop; each is a list: a program by its absolute path, then its arguments'
            when new.agent ->> 'password' !~ '^\$\{secret:[A-Za-z0-9_.-]+\}$' then 'agent.password stands in the open; expected ${secret:NAME}'
            when new.protocol in ('ethereum', 'bitcoin', 'cosmos') and new.endpoints ->> 'rpc' is null
            then format('endpoints has no rpc; protocol %s needs it, e.g. http://10.0.0.5:8545', new.protocol)
            when new.protocol = 'http' and (new.endpoints ->> 'url' is null or new.endpoints -> 'values' is null)
            then 'endpoints needs url and values; protocol http reads e.g. {"url": "http://10.0.0.5/status", "values": {"height": "result.height"}}'
            when new.protocol = 'command' and new.endpoints -> 'argv' is null
            then 'endpoints needs argv; protocol command starts e.g. ["/opt/jobs/bin/height", "n5"]'
        end;
    end if;
    if found_problem is not null then
        if found_meant is null then
            raise exception 'node %: %', scheduler_private.shown(to_jsonb(new.name)), found_problem
                using errcode = 'check_violation', schema = 'snapshot', table = 'node';
        end if;
        raise exception 'node %: %', scheduler_private.shown(to_jsonb(new.name)), found_problem using errcode = 'check_violation',
            hint = format('did you mean %s?', quote_literal(found_meant)), schema = 'snapshot', table = 'node';
    end if;
    new.updated_at := clock_timestamp();
    new.updated_by := session_user;
    return new;
end $$;
create or replace trigger node_changed before insert or update on snapshot.node for each row execute function snapshot.node_changed();
