-- The form of a part that is due by an event.
--   plain   the part, single blanks between its words
-- Returns event, null when no form matches; problem: what the first wrong slot has, to stand behind the part, null when it can be read; and slots: what
-- each of them holds, by its name.
create or replace function scheduler_private.event_form(plain text, out event text, out problem text, out slots jsonb)
language plpgsql immutable as $$
declare
    grammar constant jsonb := scheduler_private.schedule_grammar() -> 'events';
    head constant text := split_part(plain, ' ', 1);
    form jsonb;
    groups text[];
    slot text;
    jobs text[];
    bad text;
begin
    for form in select * from jsonb_array_elements(grammar -> 'forms') loop
        groups := case when form ->> 'head' = head then regexp_match(plain, form ->> 'pattern') end;
        continue when groups is null;
        event := form ->> 'event';
        slots := '{}';
        for i in 1 .. cardinality(groups) loop
            continue when groups[i] is null;
            slot := form -> 'slots' ->> (i - 1);
            slots := slots || jsonb_build_object(slot, groups[i]);
            bad := null;
            case slot
                when 'Jobs' then
                    jobs := string_to_array(groups[i], ' and ');
                    select j into bad from unnest(jobs) with ordinality as e (j, n) where j !~ (grammar ->> 'job_name') order by n limit 1;
                    if bad is null and cardinality(jobs) > (grammar -> 'jobs_max')::integer then
                        problem := ' ' || (grammar ->> 'too_many_jobs');
                    elsif bad is null then
                        problem := ' ' || replace(grammar ->> 'job_twice', '{0}',
                            (select j from unnest(jobs) with ordinality as e (j, n) group by j having count(*) > 1 order by min(n) limit 1));
                    end if;
                when 'Outcome' then bad := case when not grammar -> 'outcomes' ? groups[i] then groups[i] end;
                when 'Delay', 'Interval' then
                    bad := case when not coalesce(scheduler_private.duration_seconds(groups[i]) between (grammar -> 'length_min')::numeric
                        and (grammar -> case slot when 'Delay' then 'delay_max' else 'interval_max' end)::numeric, false) then groups[i] end;
                when 'Channel' then
                    bad := case when groups[i] !~ (grammar ->> 'channel_name') then groups[i] end;
                    problem := case when bad is null and groups[i] ~ (grammar ->> 'own_channels') then ': ' || (grammar ->> 'own_channel') end;
                else null;
            end case;
            problem := coalesce(problem, ': ' || replace(grammar -> 'wrong' ->> slot, '{0}', bad));
            exit when problem is not null;
        end loop;
        return;
    end loop;
end $$;
