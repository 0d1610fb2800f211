-- Publish the kinds this node knows, so that settings are checked in the statement that writes them.
--   $1 text[], $2 jsonb[], $3 jsonb[], $4 text[]   name, schema, defaults and summary of each
--   $5 text, $6 bigint   this node's name and lease
-- Rows that are equal already are not touched; none is deleted: another node may know what this one does not.
with published as (
    insert into scheduler_private.kind as k (name, schema, defaults, summary, published_by)
    select p.name, p.schema, p.defaults, p.summary, $5
    from unnest($1::text[], $2::jsonb[], $3::jsonb[], $4::text[]) as p (name, schema, defaults, summary)
    order by p.name
    on conflict (name) do update set schema = excluded.schema, defaults = excluded.defaults, summary = excluded.summary,
        published_by = excluded.published_by, published_at = clock_timestamp()
    where (k.schema, k.defaults, k.summary) is distinct from (excluded.schema, excluded.defaults, excluded.summary)
)
update scheduler_private.node n set kinds = $1::text[] where n.lease_id = $6
