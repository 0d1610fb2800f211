-- What is wrong with the params behind a part, to stand behind it; null when nothing is.
--   pairs   NAME=VALUE each
create or replace function scheduler_private.params_wrong(pairs text[]) returns text
language plpgsql immutable strict as $$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'events';
    twice text;
begin
    if cardinality(pairs) > (grammar -> 'params_max')::integer then
        return ' ' || (grammar ->> 'too_many_params');
    elsif exists (select from unnest(pairs) p where p !~ (grammar ->> 'param')) then
        return ': ' || (grammar ->> 'wrong_params');
    end if;
    select split_part(p, '=', 1) into twice from unnest(pairs) with ordinality as e (p, n) group by 1 having count(*) > 1 order by min(n) limit 1;
    return ' ' || replace(grammar ->> 'param_twice', '{0}', twice);
end $$;
