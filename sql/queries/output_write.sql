-- Write lines of runs, and delete those that later lines of the same attempt have pushed out. Safe to repeat.
--   $1 timestamptz[], $2 text[], $3 int[], $4 bigint[]   due time, run key, attempt, number of the first line of each new row
--   $5 int[], $6 bigint[], $7 bigint[]   lines in it, bytes of the attempt before it, bytes in it
--   $8 timestamptz[], $9 text[]   when it began, its lines
--   $10 timestamptz[], $11 text[], $12 int[], $13 bigint[]   due time, run key, attempt, first line of each row that goes
with gone as (
    delete from scheduler_private.run_output o
    using unnest($10::timestamptz[], $11::text[], $12::int[], $13::bigint[]) as g (due_at, run_key, attempt, first_line)
    where o.due_at = g.due_at and o.run_key = g.run_key and o.attempt = g.attempt and o.first_line = g.first_line
)
insert into scheduler_private.run_output (due_at, run_key, attempt, first_line, line_count, bytes_before, bytes, begun_at, lines)
select * from unnest($1::timestamptz[], $2::text[], $3::int[], $4::bigint[], $5::int[], $6::bigint[], $7::bigint[], $8::timestamptz[], $9::text[])
on conflict do nothing
