-- Plan what follows in this transaction by indexes and in their order. Statistics of a ledger that grows all the time are always old: a plan made
-- while today's partition was empty would scan it when it holds a million rows, and one that expects a short queue sorts a long one for each claim.
-- Without JIT: the planner's way of forbidding a plan is to call it dear, and dear plans are compiled, for seconds.
select set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
    set_config('jit', 'off', true)
