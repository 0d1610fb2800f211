-- How many days a month has.
--   year, month   e.g. 2028, 2
create or replace function scheduler_private.month_days(year integer, month integer) returns integer
language sql immutable strict parallel safe as $$
    select case when month = 2 then case when year % 4 = 0 and (year % 100 <> 0 or year % 400 = 0) then 29 else 28 end
        when month in (4, 6, 9, 11) then 30 else 31 end
$$;
