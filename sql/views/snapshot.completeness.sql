-- Are the snapshots of all nodes there? One row: counts, and a sentence such as "6 of 7 uploaded, n5 missing for 2 h".
create or replace view snapshot.completeness as
with status as (
    select s.*, case when clock_timestamp() - s.missing_since >= interval '2 days'
            then extract(day from clock_timestamp() - s.missing_since)::int || ' d'
        when clock_timestamp() - s.missing_since >= interval '1 hour'
            then floor(extract(epoch from clock_timestamp() - s.missing_since) / 3600)::int || ' h'
        else greatest(1, floor(extract(epoch from clock_timestamp() - s.missing_since) / 60)::int) || ' min' end as missing_for
    from snapshot.by_node s
),
counted as (
    select count(*) filter (where s.state <> 'not due yet') as expected, count(*) filter (where s.state = 'uploaded') as uploaded,
        count(*) filter (where s.state = 'running') as running, count(*) filter (where s.state = 'missing') as missing,
        count(*) filter (where s.state = 'not due yet') as not_due, min(s.missing_since) filter (where s.state = 'missing') as missing_since
    from status s
)
select c.expected, c.uploaded, c.running, c.missing, c.not_due, c.missing_since,
    c.uploaded || ' of ' || c.expected || ' uploaded'
    || case when c.running > 0 then ', ' || c.running || ' running' else '' end
    || coalesce((select string_agg(', ' || m.name || ' missing for ' || m.missing_for, '' order by m.missing_since, m.name)
                 from (select s.name, s.missing_for, s.missing_since from status s where s.state = 'missing'
                       order by s.missing_since, s.name limit 10) m), '')
    || case when c.missing > 10 then ' and ' || c.missing - 10 || ' more' else '' end as sentence
from counted c;
