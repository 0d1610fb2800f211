-- 0010 · What runs say while they run: lines of standard output and error, notices. Breaking: no.

-- A row holds the lines of one attempt that were written in one go. The first lines of an attempt stay; of the later ones the last, so rows in between
-- go while the attempt runs: a hole in the numbers of lines is what was not kept.
create table scheduler_private.run_output (
    due_at          timestamptz not null,
    run_key         text not null,
    attempt         integer not null,
    first_line      bigint not null,                   -- its number within the attempt, from 1
    line_count      integer not null,
    bytes_before    bigint not null,                   -- of all lines of the attempt before the first one, kept or not
    bytes           bigint not null,
    begun_at        timestamptz not null,              -- the node's clock, brought to the database's
    lines           text not null,                     -- each: stream (o, e, n, s), milliseconds since begun_at, a space, the text
    primary key (due_at, run_key, attempt, first_line)
);
-- Written once, deleted by age or by later lines of the same attempt; read rarely.
alter table scheduler_private.run_output set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000,
    toast.autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_threshold = 5000);
