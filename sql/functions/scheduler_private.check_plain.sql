-- Refuse a job whose plain columns hold what they cannot: words that are none of the choices, durations out of bounds, lists and texts too long.
--   job   the row
-- An interval of months or years has no fixed length, and is refused wherever a duration is wanted.
create or replace function scheduler_private.check_plain(job scheduler.job) returns void
language plpgsql stable as $$
declare
    words_max constant integer := 50;
    word_max constant integer := 100;
    text_max constant integer := 10000;
    count_max constant integer := 10000;
    place text;
    word text;
    words text[];
    length interval;
    at timestamptz;
    longest interval;
begin
    -- What most jobs have, in one look: thousands may come in one statement.
    if job.overlap in ('skip', 'queue', 'cancel', 'allow') and job.missed in ('once', 'skip', 'all') and job.on_lost in ('rerun', 'fail')
        and job.timeout between interval '1 second' and interval '1 day' and job.start_within is null and job.spread is null
        and job.tags = '{}' and job.runs_on = '{}' and length(job.description) <= text_max and length(job.owner) <= text_max
        and job.pause_reason is null and job.priority between 0 and 9 and job.starts is null and job.ends is null and job.paused_until is null
        and job.count is null then
        return;
    end if;
    foreach place in array '{overlap,missed,on_lost}'::text[] loop
        word := case place when 'overlap' then job.overlap when 'missed' then job.missed else job.on_lost end;
        words := case place when 'overlap' then '{skip,queue,cancel,allow}' when 'missed' then '{once,skip,all}' else '{rerun,fail}' end;
        if not coalesce(word = any (words), false) then
            perform scheduler_private.refuse(job.name, place, format('%s is %s; expected one of %s', place,
                coalesce(scheduler_private.shown(to_jsonb(word)), 'empty'), array_to_string(words, ', ')), scheduler_private.nearest(word, words));
        end if;
    end loop;
    foreach place in array '{timeout,start_within,spread}'::text[] loop
        length := case place when 'timeout' then job.timeout when 'start_within' then job.start_within else job.spread end;
        longest := case place when 'spread' then interval '1 day' else interval '365 days' end;
        if length is null and place = 'timeout' then
            perform scheduler_private.refuse(job.name, place, 'timeout is empty; expected 1s to 365d');
        elsif extract(year from length) <> 0 or extract(month from length) <> 0 then
            perform scheduler_private.refuse(job.name, place,
                format('%s is %s, and months differ in length; expected days, hours, minutes or seconds', place, length));
        elsif not (length between interval '1 second' and longest) then
            perform scheduler_private.refuse(job.name, place, format('%s is %s; expected 1s to %s', place, length,
                case place when 'spread' then '1d' else '365d' end));
        end if;
    end loop;
    foreach place in array '{tags,runs_on}'::text[] loop
        words := case place when 'tags' then job.tags else job.runs_on end;
        if words is null or array_ndims(words) > 1 then
            perform scheduler_private.refuse(job.name, place, format('%s is %s; expected a list, or ''{}''', place,
                case when words is null then 'empty' else 'a list of lists' end));
        elsif cardinality(words) > words_max then
            perform scheduler_private.refuse(job.name, place,
                format('%s has %s entries; expected at most %s', place, cardinality(words), words_max));
        elsif exists (select from unnest(words) w where w is null or length(w) not between 1 and word_max) then
            perform scheduler_private.refuse(job.name, place,
                format('%s has an entry that is empty or too long; expected 1 to %s characters', place, word_max));
        end if;
    end loop;
    foreach place in array '{description,owner,pause_reason}'::text[] loop
        word := case place when 'description' then job.description when 'owner' then job.owner else job.pause_reason end;
        if length(word) > text_max then
            perform scheduler_private.refuse(job.name, place,
                format('%s has %s characters; expected at most %s', place, length(word), text_max));
        elsif word is null and place <> 'pause_reason' then
            perform scheduler_private.refuse(job.name, place, format('%s is empty; expected text, or ''''', place));
        end if;
    end loop;
    if job.priority is null or job.priority not between 0 and 9 then
        perform scheduler_private.refuse(job.name, 'priority',
            format('priority is %s; expected 0 (last) to 9 (first)', coalesce(job.priority::text, 'empty')));
    end if;
    foreach place in array '{starts,ends,paused_until}'::text[] loop
        at := case place when 'starts' then job.starts when 'ends' then job.ends else job.paused_until end;
        if not isfinite(at) then
            perform scheduler_private.refuse(job.name, place, 'infinity is no instant; expected one, or null for no limit');
        elsif not scheduler_private.is_instant(at) then
            perform scheduler_private.refuse(job.name, place, format('%s is %s; expected an instant of the years 1970 to 9998, or null for no limit',
                place, at at time zone 'UTC'));
        end if;
    end loop;
    if job.count not between 1 and count_max then
        perform scheduler_private.refuse(job.name, 'count', format('count is %s; expected 1 to %s, or null for no limit', job.count, count_max));
    elsif job.count is not null and job.starts is null then
        perform scheduler_private.refuse(job.name, 'count',
            format('count is %s and counts from starts, which is empty; expected starts beside it', job.count));
    elsif job.starts >= job.ends then
        perform scheduler_private.refuse(job.name, 'ends', format('ends is %s, not after starts %s; expected a later instant',
            to_char(job.ends at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(job.starts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
    end if;
end $$;
