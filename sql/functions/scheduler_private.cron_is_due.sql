-- Whether a cron expression is ever due: whether there is a day in a year that it names. CronTimes.From of a node.
--   days          days of the month; null: any
--   before_last   days counted from the end of the month, 0 the last; null: none
--   months        months; null: all
--   weekdays      weekdays, 0 is Sunday; null: any
--   nth           which of them in the month, 0: each or the last
--   years         years; null: all that crons have
-- Days and weekdays are united when both are given.
create or replace function scheduler_private.cron_is_due(days integer[], before_last integer[], months integer[], weekdays integer[], nth integer, years integer[])
returns boolean
language plpgsql immutable as $$
begin
    return (
    select case
        -- Each month has these.
        when days is null and weekdays is null or weekdays is not null and nth < 5 or 28 >= any (days) or 27 >= any (before_last) then true
        else exists (
            select
            from (select distinct extract(dow from make_date(y, 1, 1))::integer as first, scheduler_private.month_days(y, 2) - 28 as leap
                  from unnest(coalesce(years, array(select generate_series(1972, 1999)))) y) year
            -- The 28 years from 1972 are of all kinds: each beginning with each weekday, with a leap day and without.
            -- 2028 begins like a leap year, 2027 like another one: only the lengths of months are taken from them.
            cross join (select m, sum(scheduler_private.month_days(2027, m)) over (order by m) - scheduler_private.month_days(2027, m) as before
                        from generate_series(1, 12) m) month
            cross join lateral (select scheduler_private.month_days(2027 + year.leap, month.m) as length,
                (year.first + month.before + case when month.m > 2 then year.leap else 0 end)::integer % 7 as first) l
            where (months is null or month.m = any (months))
                and (l.length >= any (days) or l.length > any (before_last)
                    or nth = 5 and exists (select from unnest(weekdays) w where (w - l.first + 7) % 7 + 1 + 28 <= l.length)))
        end
    );
end $$;
