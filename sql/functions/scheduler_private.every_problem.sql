-- What is wrong with an interval that cannot be read: the words of ScheduleSlips.Every.
--   part     as it was written, for the message
--   length   what stands behind 'every', single blanks between its words
create or replace function scheduler_private.every_problem(part text, length text, out problem text, out meant text)
language plpgsql immutable as $$
begin
    problem := format('schedule ''%s'' cannot be read', part);
    if scheduler_private.duration_seconds(length) < 1 then
        problem := problem || '; expected ''every'' and a duration of at least 1s, such as ''every 30s'' or ''every 1h30m''';
        return;
    end if;
    meant := 'every ' || scheduler_private.duration_meant(length);
    if meant is null then
        problem := problem || '; expected ''every'' and a duration of at least 1s and at most 36500d, such as ''every 30s'' or ''every 1h30m'''
            || case when length ~ (scheduler_private.schedule_grammar() ->> 'finer')
                then '; what is to follow at once can be due ''on notify CHANNEL''' else '' end;
    end if;
end $$;
