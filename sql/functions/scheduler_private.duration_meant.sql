-- What an author meant who wrote a duration in other words: '10 s', '5 minutes', 'hour', '1.5h', '2 weeks', 'PT5M'. The rule of Duration.Meant.
--   words   the text
-- Returns it as duration_seconds reads it, or null when it is none, or no whole seconds.
create or replace function scheduler_private.duration_meant(words text) returns text
language plpgsql immutable strict parallel safe as $$
declare
    once constant text := scheduler_private.schedule_grammar() #>> '{duration,once}';
    day constant numeric := 86400;
    plain text := lower(trim(regexp_replace(words, '[ \t\n\r]+', ' ', 'g')) collate "C");
    iso constant text[] := regexp_match(plain, scheduler_private.schedule_grammar() #>> '{duration,iso}');
    part text[];
    number text;
    total numeric := 0;
    meant text := '';
begin
    if iso is not null then
        plain := array_to_string(iso, '');
    end if;
    if length(plain) not between 1 and (scheduler_private.schedule_grammar() #>> '{limits,duration}')::integer
        or plain !~ ('^(?:' || once || ')+$') then
        return null;
    end if;
    for part in select regexp_matches(plain, once, 'g') loop
        number := trim(both ' ' from substring(part[1] from '^[0-9. ]*'));
        total := total + case number when '' then 1 else number::numeric end * case substring(part[1] from '[a-z]')
            when 'w' then 7 * day when 'd' then day when 'h' then 3600 when 'm' then 60 else 1 end;
    end loop;
    if total <> trunc(total) or total < 1 or total > 36500 * day then
        return null;
    end if;
    if total >= day then meant := meant || div(total, day) || 'd'; total := mod(total, day); end if;
    if total >= 3600 then meant := meant || div(total, 3600) || 'h'; total := mod(total, 3600); end if;
    if total >= 60 then meant := meant || div(total, 60) || 'm'; total := mod(total, 60); end if;
    return meant || case when total > 0 then total::bigint || 's' else '' end;
end $$;
