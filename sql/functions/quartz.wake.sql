-- Trigger function of Quartz's triggers: tell every node when one becomes due earlier than it may think. Writes nothing.
create or replace function quartz.wake() returns trigger language plpgsql as $$
begin
    notify scheduler_quartz;
    return null;
end $$;

create or replace trigger wake_on_insert after insert on quartz.qrtz_triggers
    for each statement execute function quartz.wake();
create or replace trigger wake_on_update after update on quartz.qrtz_triggers
    for each row when (new.trigger_state = 'WAITING'
        and (old.trigger_state in ('PAUSED', 'BLOCKED', 'AWAITING', 'ERROR') or new.next_fire_time < old.next_fire_time))
    execute function quartz.wake();
