-- The text of a version that the chain is made over. Never change it: every hash there is depends on it.
--   version   the row
create or replace function scheduler_private.version_text(version scheduler_private.job_version) returns text
language sql stable set timezone = 'UTC' set datestyle = 'ISO' as $$
    select jsonb_build_array(version.id, version.job, version.version, version.action, version.definition, version.changes, version.role,
        version.application, version.source, version.reason, version.at::text)::text
$$;

-- Versions that a migration made are chained here, once: before this function they cannot be.
select scheduler_private.chain_from(0);
