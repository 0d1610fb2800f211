-- Ask a node when a schedule would be due, and show its answer. Waits for at most ten seconds. Not inside a transaction block: the question has to be
-- committed for a node to see it.
--   schedule    the schedule, e.g. '0 3 * * 1'
--   time_zone   IANA name
--   n           how many due times, 1 to 1000
--   from        due times strictly after this instant; null: now. By name: "from" => '2027-01-01Z'
--   answer      leave out; shows the due times in UTC and in the zone, a line each, then the schedule in words and what is worth knowing
create or replace procedure scheduler.preview(
    schedule text, time_zone text default 'UTC', n integer default 10, "from" timestamptz default null, inout answer text default null)
language plpgsql as $$
declare
    question bigint := scheduler.ask_preview(schedule, time_zone, n, "from");
begin
    commit;
    for i in 1 .. 200 loop
        answer := scheduler.preview_answer(question);
        exit when answer is not null;
        perform pg_sleep(0.05);
        commit;
    end loop;
    if answer is null then
        raise exception 'no node answered within ten seconds' using errcode = 'query_canceled', hint = 'see scheduler.node; is a node live?';
    end if;
end $$;
