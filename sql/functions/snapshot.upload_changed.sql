-- Trigger on snapshot.upload: holds its states to their ways, its progress to one direction, and keeps what was.
--   starting → running, failed, cancelled, lost;  running → completed, failed, cancelled, lost;  failed, cancelled, lost → starting (a new attempt)
-- Progress never goes back: a smaller number of bytes, files or a smaller fraction is taken for the one that stands. The latest 50 states are kept.
create or replace function snapshot.upload_changed() returns trigger
language plpgsql as $$
declare
    past_max constant integer := 50;
begin
    if new.state is distinct from old.state then
        if not (old.state = 'starting' and new.state in ('running', 'failed', 'cancelled', 'lost')
            or old.state = 'running' and new.state in ('completed', 'failed', 'cancelled', 'lost')
            or old.state in ('failed', 'cancelled', 'lost') and new.state = 'starting' and new.attempt = old.attempt + 1) then
            raise exception 'upload % cannot go from % to %', old.id, old.state, new.state using errcode = 'check_violation',
                schema = 'snapshot', table = 'upload', column = 'state';
        end if;
        new.past := case when jsonb_array_length(old.past) >= past_max then old.past - 0 else old.past end || jsonb_strip_nulls(jsonb_build_object(
            'at', clock_timestamp(), 'state', old.state, 'attempt', old.attempt, 'reason', old.reason, 'agent_job', old.agent_job,
            'agent_group', old.agent_group));
    elsif new.attempt <> old.attempt then
        raise exception 'upload %: attempt % follows % only when it begins again', old.id, new.attempt, old.attempt
            using errcode = 'check_violation', schema = 'snapshot', table = 'upload', column = 'attempt';
    end if;
    new.bytes := greatest(old.bytes, new.bytes);
    new.files := greatest(old.files, new.files);
    if coalesce(new.bytes_total, old.bytes_total) is not null then
        new.bytes_total := greatest(old.bytes_total, new.bytes_total, new.bytes);
    end if;
    if coalesce(new.files_total, old.files_total) is not null then
        new.files_total := greatest(old.files_total, new.files_total, new.files);
    end if;
    new.fraction := case when new.state = 'completed' then 1 else greatest(old.fraction, new.fraction) end;
    return new;
end $$;
create or replace trigger upload_changed before update on snapshot.upload for each row execute function snapshot.upload_changed();
