-- Begin to try a plan: see scheduler.begin_trial. The audit of what is tried is rolled back with it.
select scheduler.begin_trial()
