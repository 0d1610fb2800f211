-- In another database: the table that says which runs have had their effect there. Safe to repeat.
-- One at a time: "if not exists" alone lets two sessions at once both try.
select pg_advisory_xact_lock(724337538);
create schema if not exists scheduler_mark;
create table if not exists scheduler_mark.done (
    run_key     text primary key,
    token       bigint not null,
    node        text not null,
    done_at     timestamptz not null default clock_timestamp()
);
