-- Trigger function of scheduler.job: keep what the parts of its schedule wait for that are due by an event, and let a new version be a release. Nodes
-- check the schedule in full; here only these parts are looked for.
create or replace function scheduler_private.job_subscribed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    -- What pauses and nodes write is no release.
    bookkeeping constant text[] := array['paused_at', 'paused_by', 'pause_reason', 'paused_until', 'next_fire_at', 'problem', 'version', 'updated_at',
        'source', 'made_by'];
    former text[];
    due timestamptz;
begin
    if scheduler_private.is_trial() then
        return case when tg_op = 'DELETE' then old end;
    end if;
    if tg_op = 'DELETE' then
        update scheduler_private.job_gate g set followed = false
        where g.followed and g.job in (select s.source from scheduler_private.subscription s where s.event = 'after' and s.job = old.name)
            and not exists (select from scheduler_private.subscription s where s.event = 'after' and s.source = g.job and s.job <> old.name);
        -- What is due already is entered and says that the job is gone.
        delete from scheduler_private.event e where e.job = old.name and e.due_at > clock_timestamp();
        return old;
    end if;
    -- The schedule of a job with for_each is that of its rows' jobs; it is never due itself.
    if new.for_each is not null then
        delete from scheduler_private.subscription s where s.job = new.name;
        return null;
    end if;
    if tg_op = 'INSERT' and new.schedule !~ '\m(after|on)\M' then
        -- Most jobs: only who waited for this one to be there has to be known.
        update scheduler_private.job_gate g set followed = true
        where g.job = new.name and exists (select from scheduler_private.subscription s where s.event = 'after' and s.source = new.name);
    elsif tg_op = 'INSERT' or new.schedule is distinct from old.schedule then
        if tg_op = 'UPDATE' then
            with gone as (delete from scheduler_private.subscription s where s.job = new.name returning s.event, s.source)
            select array_agg(g.source) into former from gone g where g.event = 'after';
        end if;
        -- A part that waits for several jobs counts their runs in a row of its own, anew for each schedule.
        with wanted as materialized (
            select w.* from scheduler_private.subscriptions_of(new.name, new.schedule) w
        ),
        gathering as (
            insert into scheduler_private.gathering (id, job)
            select nextval('scheduler_private.gathering_id'), new.name from (select distinct w.place from wanted w where w.waits_for > 1) w
            returning id
        ),
        numbered as (
            select g.id, row_number() over (order by g.id) as n from gathering g
        )
        insert into scheduler_private.subscription (event, source, job, condition, place, part, delay, waits_for, from_startup, mark, gathering)
        select w.event, w.source, w.job, w.condition, w.place, w.part, w.delay, w.waits_for, w.from_startup, w.mark,
            case when w.waits_for > 1 then (select n.id from numbered n
                where n.n = (select count(distinct o.place) from wanted o where o.waits_for > 1 and o.place <= w.place)) end
        from wanted w on conflict do nothing;
        insert into scheduler_private.channel (name)
        select s.source from scheduler_private.subscription s where s.job = new.name and s.event = 'notify' on conflict do nothing;
        -- What a part that is no more made due later is taken back.
        delete from scheduler_private.event e
        where e.job = new.name and e.due_at > clock_timestamp() and e.part is not null
            and not exists (select from scheduler_private.subscription s where s.job = new.name and s.part = e.part);
        update scheduler_private.job_gate g
        set followed = exists (select from scheduler_private.subscription s where s.event = 'after' and s.source = g.job)
        where g.job in (select s.source from scheduler_private.subscription s where s.event = 'after' and s.job = new.name
                        union select unnest(former) union select new.name)
            and g.followed is distinct from exists (select from scheduler_private.subscription s where s.event = 'after' and s.source = g.job);
    end if;
    -- "every … after end" counts from here; what it made due before is taken back.
    if tg_op = 'UPDATE' and (new.enabled, new.paused_at) is distinct from (old.enabled, old.paused_at) then
        update scheduler_private.subscription s
        set since = greatest(s.since, case when old.paused_until <= clock_timestamp() then old.paused_until else clock_timestamp() end)
        where s.job = new.name and s.event = 'end';
        delete from scheduler_private.event e using scheduler_private.subscription s
        where s.job = new.name and s.event = 'end' and e.job = s.job and e.part = s.part and e.due_at > clock_timestamp();
    end if;
    if new.schedule ~ '\mrelease\M' and exists (select from scheduler_private.subscription s where s.job = new.name and s.event = 'release')
        and (tg_op = 'INSERT' or to_jsonb(new) - bookkeeping is distinct from to_jsonb(old) - bookkeeping) then
        due := clock_timestamp();
        insert into scheduler_private.event (run_key, job, due_at, cause, part)
        select scheduler_private.event_key(new.name, due + s.delay, 'v' || new.version || s.mark), new.name, due + s.delay, 'release ' || new.version,
            s.part
        from scheduler_private.subscription s where s.job = new.name and s.event = 'release' order by s.place on conflict do nothing;
        perform pg_notify('scheduler_events', '');
    end if;
    return null;
end $$;

-- After job_made, which makes the gate: triggers fire in the order of their names.
create or replace trigger job_subscribed after insert on scheduler.job
    for each row execute function scheduler_private.job_subscribed();
create or replace trigger job_subscribed_anew after update on scheduler.job
    for each row when (new.schedule is distinct from old.schedule or new.schedule ~ '\m(release|end)\M')
    execute function scheduler_private.job_subscribed();
-- Before the row is gone, and with it what it waited for.
create or replace trigger job_unsubscribed before delete on scheduler.job
    for each row when (old.schedule ~ '\m(after|on)\M') execute function scheduler_private.job_subscribed();
