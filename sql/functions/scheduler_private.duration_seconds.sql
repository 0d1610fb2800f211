-- The seconds of a duration as operators write it: 30s, 5m, 1h30m, 30d; whole numbers, largest unit first, at most a hundred years.
--   duration   the text
-- Returns null for text that is none.
create or replace function scheduler_private.duration_seconds(duration text) returns numeric
language sql immutable strict parallel safe as $$
    select case when s.seconds <= 36500 * 86400::numeric then s.seconds end
    from regexp_match(duration, '^(?:([0-9]{1,10})d)?(?:([0-9]{1,10})h)?(?:([0-9]{1,10})m)?(?:([0-9]{1,10})s)?$') as m,
        lateral (select coalesce(m[1]::numeric, 0) * 86400 + coalesce(m[2]::numeric, 0) * 3600 + coalesce(m[3]::numeric, 0) * 60
            + coalesce(m[4]::numeric, 0) as seconds) s
    where duration <> '' and m is not null
$$;
