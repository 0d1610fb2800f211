-- Tell the planner how large Quartz's tables are. Of empty tables all indexes look alike: plans made then look through every trigger for one, and
-- stay until somebody analyses.
analyze quartz.qrtz_job_details, quartz.qrtz_triggers, quartz.qrtz_cron_triggers, quartz.qrtz_simple_triggers,
    quartz.qrtz_simprop_triggers
