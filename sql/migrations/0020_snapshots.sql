-- 0020 · Snapshots: the nodes they are taken of, what was measured there, their uploads. Breaking: no.
-- Schema snapshot is public: operators write snapshot.node; the kinds snapshot.upload and snapshot.monitor write the others.
create schema snapshot;

-- A node whose snapshots are uploaded. The job with for_each on this table makes one upload job of each row. What stands in the three maps is checked
-- in the statement that writes them (snapshot.node_changed).
create table snapshot.node (
    name            text primary key
                    constraint node_name_is_plain check (name ~ '^[a-z0-9][a-z0-9._-]{0,99}$'),
    protocol        text not null
                    constraint node_protocol_is_known check (protocol in ('ethereum', 'bitcoin', 'cosmos', 'http', 'command')),
    endpoints       jsonb not null default '{}',       -- where the protocol asks, e.g. {"rpc": "http://10.0.0.5:8545"}
    schedule        text not null default '0 */6 * * *',
    source          text not null                      -- as the agent names it, e.g. /srv/snapshots/n5
                    constraint node_source_is_given check (length(source) between 1 and 2000),
    destination     text not null                      -- likewise; each upload gets a folder of its own below it
                    constraint node_destination_is_given check (length(destination) between 1 and 2000),
    agent           jsonb not null,                    -- who copies, e.g. {"kind": "rclone", "url": "http://10.0.0.5:5572"}
    limits          jsonb not null default '{}',       -- bandwidth, health, patience, retention
    enabled         boolean not null default true,
    created_at      timestamptz not null default clock_timestamp(),
    updated_at      timestamptz not null default clock_timestamp(),
    updated_by      text not null default session_user
);

-- What a node said of itself before an upload. Null: it was not asked, or did not say; missing names the reason of each.
create table snapshot.node_metric (
    at              timestamptz not null default clock_timestamp(),
    node            text not null,
    run_key         text not null,
    height          bigint,
    head_at         timestamptz,
    syncing         boolean,
    sync_distance   bigint,                            -- blocks or slots behind what it knows of
    peers           integer,
    chain           text,
    client_version  text,
    disk_free_bytes bigint,
    missing         jsonb not null default '{}',       -- {"peers": "net_peerCount: -32601 Method not found"}
    raw             jsonb not null default '{}'
) partition by range (at);
create table snapshot.node_metric_default partition of snapshot.node_metric default;
create index node_metric_of_node on snapshot.node_metric (node, at desc);

create sequence snapshot.upload_token;

-- One upload. Its row is there before anything is asked of the agent (the intent), under the key of the run that wants it: whoever does that run
-- again, or takes it over, finds it and goes on with it. The row goes through starting → running → one of the four ends; from a failed, lost or
-- cancelled one back to starting, when it is resumed. See snapshot.upload_changed.
create table snapshot.upload (
    id              bigint generated always as identity primary key,
    run_key         text not null constraint upload_is_one_for_a_run unique,
    node            text not null,
    state           text not null default 'starting'
                    constraint upload_state_is_known check (state in ('starting', 'running', 'completed', 'failed', 'cancelled', 'lost')),
    reason          text,                              -- why it ended as it did, or waits, in a few words
    error           text constraint upload_error_is_short check (length(error) <= 4000),
    definition      jsonb not null,                    -- the row of snapshot.node when it was wanted; secrets by reference
    target          text not null,                     -- the folder it fills, of no other upload
    attempt         integer not null default 1 constraint upload_attempts_are_counted_up check (attempt >= 1),
    token           bigint not null,                   -- of who asks the agent to begin; grows with each
    taken           boolean not null default false,    -- not the first to ask: what an earlier one began may still go on at the agent
    agent_group     text not null,                     -- by which the agent knows what belongs to this upload and attempt
    agent_job       text,
    agent_process   text,
    agent_started   text,                              -- when the agent says that it began, as it says it
    bytes           bigint not null default 0,
    bytes_total     bigint,
    files           bigint not null default 0,
    files_total     bigint,
    base_bytes      bigint not null default 0,         -- there already when this attempt began
    base_files      bigint not null default 0,
    fraction        double precision not null default 0 constraint upload_fraction_is_one check (fraction between 0 and 1),
    activity        bigint not null default 0,         -- whatever its agent counts; standing still it has stalled
    rate_bytes      double precision,                  -- a second
    eta_at          timestamptz,
    wanted_at       timestamptz not null default clock_timestamp(),
    started_at      timestamptz,
    seen_at         timestamptz,                       -- when its agent last answered
    moved_at        timestamptz,                       -- when it last came on
    problem         text,                              -- why its agent could not be asked the last time
    ended_at        timestamptz,
    verified_at     timestamptz,
    removed_at      timestamptz,                       -- its folder was removed by retention
    resume_at       timestamptz,                       -- when it is begun again; null: not by itself
    request         jsonb,                             -- {"what": "cancel", "by": …, "reason": …, "at": …}
    past            jsonb not null default '[]',       -- former states: at, state, attempt, reason
    constraint upload_running_is_known_to_its_agent check (state <> 'running' or (agent_job is not null and started_at is not null)),
    constraint upload_ended_has_end check ((state in ('completed', 'failed', 'cancelled', 'lost')) = (ended_at is not null)),
    constraint upload_bad_end_has_reason check (state not in ('failed', 'cancelled', 'lost') or reason is not null),
    constraint upload_waits_for_resume_only_when_ended check (resume_at is null or state in ('failed', 'lost', 'cancelled')),
    constraint upload_removed_was_ended check (removed_at is null or ended_at is not null),
    constraint upload_counts_are_counts check (bytes >= 0 and files >= 0 and bytes <= coalesce(bytes_total, bytes))
) with (fillfactor = 70);
-- The rule that a node has one upload at a time, and what the monitor reads each time.
create unique index upload_live on snapshot.upload (node) where state in ('starting', 'running');
create index upload_to_resume on snapshot.upload (resume_at) where resume_at is not null;
create index upload_requested on snapshot.upload (id) where request is not null;
create index upload_of_node on snapshot.upload (node, wanted_at desc);
