-- Note that a channel was told of things, as they stand.
--   channel, keys   which
--   flips_max       as many changes, and a thing is one that comes and goes
--   calm_after      how long it has to stay as it is to be told again
create or replace function scheduler_private.note_told(channel text, keys text[], flips_max integer, calm_after interval) returns void
language plpgsql volatile as $$
#variable_conflict use_variable
begin
    update scheduler_private.alert a
    set told = a.open, told_at = clock_timestamp(), happened = 0,
        -- Of one that comes and goes there is the end to tell: how it stands when it has calmed down.
        pending_since = case when a.flips >= flips_max and not a.flap_told then clock_timestamp() end,
        flap_told = a.flips >= flips_max and not a.flap_told,
        flips = case when a.flips >= flips_max and a.flap_told then 0 else a.flips end,
        flips_since = case when a.flips >= flips_max and a.flap_told then clock_timestamp() else a.flips_since end
    where a.channel = channel and a.key = any (keys);
    -- What only happened is over; what is closed stays for as long as its changes are counted (compose.sql deletes it).
    delete from scheduler_private.alert a
    where a.channel = channel and a.key = any (keys) and not a.open and a.pending_since is null
        and (a.event not in ('failure', 'recovery', 'incident') or a.folded);
end $$;
