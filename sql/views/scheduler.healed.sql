-- What was found changed in Quartz's tables behind the scheduler's back and was put right, the latest first; the latest 10,000 are kept.
-- trigger null: Quartz's job itself. before: the row as it was found, null when there was none.
create or replace view scheduler.healed as
select h.at, h.node, h.job, h.trigger, h.what, h.before from scheduler_private.healed h order by h.id desc;
