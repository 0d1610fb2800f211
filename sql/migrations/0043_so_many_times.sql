-- 0043 · Jobs that are due so many times and then done. Breaking: no.

alter table scheduler.job add column count integer;    -- due that many times from starts on; null: no limit
