-- 0041 · Delays of events, joins, intervals after the end, starts of nodes. Breaking: no.

-- A part of a schedule is one row, or, when it waits for several jobs, one row for each of them.
alter table scheduler_private.subscription
    add column place smallint not null default 0,          -- of the part in the schedule, from 1; 0: written by a build before
    add column part text not null default '',              -- the part without its params
    add column delay interval not null default '0',        -- due that long after the event; of 'end' the interval
    add column waits_for smallint not null default 1,      -- how many jobs it needs
    add column from_startup boolean not null default false,
    add column mark text not null default '',              -- goes into run keys: of a part with params its place
    add column gathering bigint,                           -- where runs are counted when it waits for several jobs
    add column since timestamptz not null default clock_timestamp();   -- of 'end': nothing before it counts
alter table scheduler_private.subscription drop constraint subscription_event_is_known;
alter table scheduler_private.subscription add constraint subscription_event_is_known
    check (event in ('after', 'startup', 'release', 'notify', 'node', 'end'));
-- One after the other, so that the key can be put on.
update scheduler_private.subscription s set place = n.place
from (select s.event, s.source, s.job, s.condition, row_number() over (partition by s.job order by s.event, s.source, s.condition) as place
      from scheduler_private.subscription s) n
where (s.event, s.source, s.job, s.condition) = (n.event, n.source, n.job, n.condition);
alter table scheduler_private.subscription drop constraint subscription_pkey;
alter table scheduler_private.subscription add primary key (event, source, job, place);
-- Of each job at most one, see keep_events.sql.
create unique index subscription_after_end on scheduler_private.subscription (job) where event = 'end';

-- The runs an 'after a and b' has had since it was last due: locked by each run's end that counts in it. Rows are made with the subscription and not
-- removed with it, so that an edit waits for no end of a run; those that belong to none are removed later.
create sequence scheduler_private.gathering_id;
create table scheduler_private.gathering (
    id              bigint primary key,
    job             text not null,
    runs            jsonb not null default '{}'            -- {job: run key}
) with (fillfactor = 50);

-- Events may be due later: those of a part that the schedule has no more are taken back.
alter table scheduler_private.event add column part text;
create index event_due on scheduler_private.event (due_at);
create index event_of_job on scheduler_private.event (job);
create index subscription_gathering on scheduler_private.subscription (gathering) where gathering is not null;

-- Made anew with other columns.
drop function if exists scheduler_private.subscriptions_of(text, text);
