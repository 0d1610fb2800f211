-- A job with for_each as json; no row when it is gone or has no for_each any more.
--   $1 text   its name
select to_jsonb(j)::text from scheduler.job j where j.name = $1 and j.for_each is not null
