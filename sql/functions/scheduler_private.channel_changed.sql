-- Trigger function of scheduler.channel: refuse what cannot be meant, number the version. A channel that jobs name stays; of one that goes, messages
-- that wait are given up.
create or replace function scheduler_private.channel_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    bad text;
    meant text;
begin
    if tg_op = 'DELETE' then
        bad := (select string_agg(quote_literal(j.name), ', ') from
                (select j.name from scheduler.job j where j.notify -> 'to' ? old.name order by j.name limit 5) j);
        if bad is not null then
            raise exception 'channel % is used by the jobs %', quote_literal(old.name), bad using errcode = 'foreign_key_violation',
                hint = format('first change their notify; or: update scheduler.channel set enabled = false where name = %L', old.name);
        end if;
        update scheduler_private.notification n
        set state = 'failed', ended_at = clock_timestamp(), error = 'the channel was deleted'
        where n.channel = old.name and n.state = 'waiting';
        return old;
    end if;
    if tg_op = 'UPDATE' and new.name <> old.name then
        raise exception 'channel %: name is changed to %; expected it to stay', quote_literal(old.name), quote_literal(new.name)
            using errcode = 'check_violation';
    end if;
    if scheduler_private.is_deep(new.settings) then
        raise exception 'channel %: settings is nested more than 32 levels deep; expected at most 32', quote_literal(new.name)
            using errcode = 'check_violation';
    end if;
    if scheduler_private.channel_schema(new.kind) is not null then     -- else its own constraint refuses the kind
        select string_agg(p.problem, '; '), min(p.meant) into bad, meant
        from (select * from scheduler_private.json_problems(new.settings, scheduler_private.channel_schema(new.kind), 'settings') limit 20) p;
        if bad is not null then
            raise exception 'channel %: %', quote_literal(new.name), bad using errcode = 'check_violation',
                hint = coalesce('did you mean ' || quote_literal(meant) || '?', 'docs/notifications.md lists the settings of each kind');
        end if;
    end if;
    if new.enabled is false and tg_op = 'UPDATE' and old.enabled then
        delete from scheduler_private.alert a where a.channel = new.name;
    end if;
    if tg_op = 'UPDATE' then
        new.version := old.version + 1;
        new.updated_at := clock_timestamp();
    end if;
    new.updated_by := session_user;
    return new;
end $$;

create or replace trigger channel_checked before insert or update or delete on scheduler.channel
    for each row execute function scheduler_private.channel_changed();
