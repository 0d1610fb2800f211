-- What runs said, line by line, while they run and after. Look a run up with: where run_key = K and due_at = scheduler_private.due_of(K).
-- stream: stdout, stderr, notice (of PostgreSQL), scheduler (our own words), dropped (a marker: so many lines were not kept).
create or replace view scheduler.run_output as
select c.run_key, substring(c.run_key from '^[^@!]+') as job, c.due_at, c.attempt, l.line, l.at, l.stream, l.text
from (
    select o.due_at, o.run_key, o.attempt, o.first_line, o.bytes_before, o.begun_at, o.lines,
        lag(o.first_line + o.line_count, 1, 1::bigint) over earlier as next_line,
        lag(o.bytes_before + o.bytes, 1, 0::bigint) over earlier as next_byte
    from scheduler_private.run_output o
    window earlier as (partition by o.due_at, o.run_key, o.attempt order by o.first_line)
) c
cross join lateral (
    select c.next_line as line, c.begun_at as at, 'dropped' as stream,
        format('… %s lines (%s bytes) were not kept …', c.first_line - c.next_line, c.bytes_before - c.next_byte) as text
    where c.first_line > c.next_line
    union all
    select c.first_line + u.place - 1, c.begun_at + substr(split_part(u.entry, ' ', 1), 2)::bigint * interval '1 millisecond',
        case left(u.entry, 1) when 'o' then 'stdout' when 'e' then 'stderr' when 'n' then 'notice' else 'scheduler' end,
        substr(u.entry, strpos(u.entry, ' ') + 1)
    from unnest(string_to_array(c.lines, E'\n')) with ordinality as u (entry, place)
) l;
