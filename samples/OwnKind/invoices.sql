-- Tables of the sample, 250 invoices that are overdue and 50 that are not, and the job. A kind that no node knows is
-- refused, so this waits until ./dev sample is up: two minutes at most, for it may still be building.
do $$
begin
    for second in 1..120 loop
        exit when exists (select from scheduler_private.kind k where k.name = 'invoices.remind');
        if second = 2 then raise notice 'waiting for ./dev sample'; end if;
        perform pg_sleep(1);
    end loop;
end $$;
create schema if not exists sample;
create table if not exists sample.invoice (
    id          bigint generated always as identity primary key,
    customer    text not null,
    amount      numeric(12, 2) not null,
    due_at      timestamptz not null,
    reminder    text,
    reminded_by text                -- run key
);
insert into sample.invoice (customer, amount, due_at)
select 'customer ' || n, n * 1.5, clock_timestamp() - case when n <= 250 then interval '30 days' else interval '1 day' end from generate_series(1, 300) n;

insert into scheduler.job (name, kind, schedule, settings, runs_on)
values ('remind-overdue', 'invoices.remind', '0 8 * * MON-FRI', '{"overdue_after": "14d", "batch": 100}', '{invoices}')
on conflict (name) do nothing;
