-- Schedules as sentences, and previews from any instant.
alter table scheduler_private.job_note add column in_words text;
comment on column scheduler_private.job_note.in_words is 'the schedule as an English sentence; null where it cannot be read';
-- All jobs are looked at again.
update scheduler_private.job_note set looked_at = '-infinity';
alter table scheduler_private.question add column due_after timestamptz;
comment on column scheduler_private.question.due_after is 'due times strictly after this instant; null: now';
drop procedure if exists scheduler.preview(text, text, integer, text);
drop function if exists scheduler.ask_preview(text, text, integer);
