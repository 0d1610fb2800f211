-- What is wrong with a JSON value by a schema of the subset that nodes publish: type, properties, required, additionalProperties, enum, pattern,
-- items, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minItems, maxItems, minLength, maxLength; and of our own: duration
-- (with shortest and longest, in seconds).
--   value    the value
--   schema   the schema
--   path     name of the value in messages, e.g. 'settings'
-- Returns a row for each mistake, none when there is none; meant is the name or value it should have been, when one is near.
create or replace function scheduler_private.json_problems(value jsonb, schema jsonb, path text) returns table (problem text, meant text)
language plpgsql stable as $$
#variable_conflict use_variable
declare
    kind constant text := jsonb_typeof(value);
    types constant jsonb := case jsonb_typeof(schema -> 'type') when 'string' then jsonb_build_array(schema -> 'type') else schema -> 'type' end;
    plain constant text := value #>> '{}';
    keys text[];
    entry record;
    seconds numeric;
begin
    if kind = 'null' and (types ? 'null' or types is null) then
        return;
    end if;
    if not (types ? kind or (kind = 'number' and types ? 'integer' and scale(plain::numeric) = 0)) then
        problem := format('%s is %s; expected %s', path, scheduler_private.shown(value), coalesce(schema ->> 'expected',
            case when types ? 'string' then 'text' when types ? 'boolean' then 'true or false' when types ? 'integer' then 'a whole number'
                 when types ? 'number' then 'a number' when types ? 'array' then 'a list' else 'a map of keys to values' end));
        meant := case when schema ? 'duration' and kind = 'number' and plain ~ '^[1-9][0-9]{0,8}$' then plain || 's' end;
        return next;
        return;
    end if;
    if schema ? 'enum' and not schema -> 'enum' @> jsonb_build_array(value) then
        keys := array(select c #>> '{}' from jsonb_array_elements(schema -> 'enum') c where c <> 'null');
        problem := format('%s is %s; expected one of %s', path, scheduler_private.shown(value), array_to_string(keys, ', '));
        meant := scheduler_private.nearest(plain, keys);
        return next;
    elsif kind = 'string' then
        problem := null;
        if schema ? 'duration' then
            seconds := scheduler_private.duration_seconds(plain);
            meant := case when seconds is null then scheduler_private.duration_meant(plain) end;
            problem := case when seconds is null then 'a duration such as 30s, 5m, 1h30m or 30d'
                when seconds not between coalesce((schema #>> '{duration,shortest}')::numeric, 0)
                    and coalesce((schema #>> '{duration,longest}')::numeric, 1e12) then schema #>> '{duration,expected}' end;
        elsif length(plain) < (schema ->> 'minLength')::integer then
            problem := format('at least %s characters', schema ->> 'minLength');
        elsif length(plain) > (schema ->> 'maxLength')::integer then
            problem := format('at most %s characters', schema ->> 'maxLength');
        elsif schema ? 'pattern' then
            begin
                problem := case when plain !~ (schema ->> 'pattern')
                    then coalesce(schema ->> 'expected', 'text that matches ' || (schema ->> 'pattern')) end;
            exception when invalid_regular_expression then
                problem := null;   -- a pattern only .NET can read: the node judges
            end;
        end if;
        if problem is not null then
            problem := format('%s is %s; expected %s', path, scheduler_private.shown(value), problem);
            return next;
        end if;
    elsif kind = 'number' then
        if plain::numeric < (schema ->> 'minimum')::numeric or plain::numeric > (schema ->> 'maximum')::numeric
            or plain::numeric <= (schema ->> 'exclusiveMinimum')::numeric or plain::numeric >= (schema ->> 'exclusiveMaximum')::numeric then
            problem := format('%s is %s; expected %s', path, scheduler_private.shown(value),
                case when schema ? 'maximum'
                     then coalesce(schema ->> 'minimum', 'more than ' || (schema ->> 'exclusiveMinimum')) || ' to ' || (schema ->> 'maximum')
                     else coalesce('at least ' || (schema ->> 'minimum'), 'more than ' || (schema ->> 'exclusiveMinimum'),
                         'less than ' || (schema ->> 'exclusiveMaximum')) end);
            meant := null;
            return next;
        end if;
    elsif kind = 'array' then
        if jsonb_array_length(value) < (schema ->> 'minItems')::integer or jsonb_array_length(value) > (schema ->> 'maxItems')::integer then
            problem := format('%s is a list of %s; expected %s', path, jsonb_array_length(value),
                case when jsonb_array_length(value) < (schema ->> 'minItems')::integer then 'at least ' || (schema ->> 'minItems')
                     else 'at most ' || (schema ->> 'maxItems') end || ' entries');
            meant := null;
            return next;
        elsif schema ? 'items' then
            return query select p.problem, p.meant
                from jsonb_array_elements(value) with ordinality as e (item, n),
                    lateral scheduler_private.json_problems(e.item, schema -> 'items', format('%s[%s]', path, e.n - 1)) p;
        end if;
    elsif kind = 'object' then
        keys := array(select jsonb_object_keys(coalesce(schema -> 'properties', '{}')));
        for entry in select e.key, e.value from jsonb_each(value) e loop
            if schema -> 'properties' ? entry.key then
                return query select p.problem, p.meant
                    from scheduler_private.json_problems(entry.value, schema -> 'properties' -> entry.key, path || '.' || entry.key) p;
            elsif jsonb_typeof(schema -> 'additionalProperties') = 'object' then
                return query select p.problem, p.meant
                    from scheduler_private.json_problems(entry.value, schema -> 'additionalProperties', path || '.' || left(entry.key, 60)) p;
            elsif schema -> 'additionalProperties' = 'false' then
                problem := format('%s has the unknown key %s; expected %s', path, scheduler_private.shown(to_jsonb(entry.key)),
                    case when cardinality(keys) = 0 then 'none' else 'one of ' || array_to_string(keys, ', ') end);
                meant := scheduler_private.nearest(entry.key, keys);
                return next;
            end if;
        end loop;
        return query select format('%s has no %s; expected it', path, quote_literal(r)), null::text
            from jsonb_array_elements_text(schema -> 'required') r where not value ? r;
    end if;
end $$;
