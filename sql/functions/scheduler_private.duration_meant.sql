-- What somebody meant who wrote a duration in words of his own: '10 s', '5 minutes', 'hour', '1.5h', '2 weeks'.
--   words   the text
-- Returns it as duration_seconds reads it, or null when it is none, or no whole seconds.
create or replace function scheduler_private.duration_meant(words text) returns text
language plpgsql immutable strict parallel safe as $$
declare
    plain constant text := lower(trim(words));
    one constant text := '([0-9]+(?:\.[0-9]+)?)?\s*'
        '(days?|d|weeks?|w|hours?|hrs?|h|minutes?|mins?|min|m|seconds?|secs?|sec|s)(?:\s+|,\s*|(?=[0-9])|$)';
    part text[];
    total numeric := 0;
    count integer := 0;
    rest numeric;
    meant text := '';
begin
    if length(plain) > 60 or plain !~ ('^(?:' || one || ')+$') then
        return null;
    end if;
    for part in select regexp_matches(plain, one, 'g') loop
        count := count + 1;
        total := total + coalesce(part[1], '1')::numeric
            * case left(part[2], 1) when 'w' then 604800 when 'd' then 86400 when 'h' then 3600 when 'm' then 60 else 1 end;
        meant := coalesce(part[1], '1') || left(part[2], 1);
    end loop;
    if total <> trunc(total) or total < 1 or total > 36500 * 86400::numeric then
        return null;
    end if;
    if count = 1 and meant ~ '^[0-9]{1,9}[dhms]$' then
        return meant;
    end if;
    meant := '';
    rest := total;
    if rest >= 86400 then meant := meant || div(rest, 86400) || 'd'; rest := mod(rest, 86400); end if;
    if rest >= 3600 then meant := meant || div(rest, 3600) || 'h'; rest := mod(rest, 3600); end if;
    if rest >= 60 then meant := meant || div(rest, 60) || 'm'; rest := mod(rest, 60); end if;
    return meant || case when rest > 0 then rest::bigint || 's' else '' end;
end $$;
