-- The valid name nearest to one that is not valid: the rule of Spelling.Nearest.
--   name    as it was written
--   valid   the valid names
-- Returns null when more than a third of the letters would have to change. Of thousands of names only those are compared that begin or end alike.
create or replace function scheduler_private.nearest(name text, valid text[]) returns text
language sql immutable parallel safe as $$
    select near.candidate
    from (
        select c.candidate, scheduler_private.edits(nearest.name, c.candidate) as edits, c.place
        from unnest(valid) with ordinality as c (candidate, place)
        where abs(length(c.candidate) - length(nearest.name)) <= greatest(1, length(nearest.name) / 3) and length(nearest.name) between 1 and 256
            -- Each letter that the other word has not costs an edit: this leaves few to be compared in full.
            and length(translate(lower(c.candidate collate "C"), lower(nearest.name collate "C"), '')) <= greatest(1, length(nearest.name) / 3)
            and length(translate(lower(nearest.name collate "C"), lower(c.candidate collate "C"), '')) <= greatest(1, length(nearest.name) / 3)
            and (cardinality(valid) <= 1000 or left(c.candidate, 1) = left(nearest.name, 1) or right(c.candidate, 1) = right(nearest.name, 1))
    ) near
    where near.edits <= greatest(1, length(nearest.name) / 3) and near.edits < length(near.candidate)
    order by near.edits, near.place limit 1
$$;
