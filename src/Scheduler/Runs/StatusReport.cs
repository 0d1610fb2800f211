using Dapper;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Runs;

/// <summary>Is it fine? One verdict, what to act on, and the counts behind it.</summary>
public sealed record StatusReport
{
    // One screen; the lists themselves show the rest.
    private const int ActOnMax = 20;
    // A fire is entered within a second of its due time and claimed at once when a slot is free; a minute means something is short.
    private const string LateAfter = "interval '1 minute'";

    // Far more than a person reads; a cluster whose ten thousand jobs fail has one incident for each.
    private const int IncidentsMax = 10_000;
    // What 'no node is live' explains in suppress_incidents.sql.
    private static readonly string[] FollowsFromNoNode =
        ["node_down", "missed", "late", "no_recent_success", "backup_stale", "upload_stale", "stuck", "slow", "backlog", "misfires"];

    /// <summary>True when there is nothing to act on.</summary>
    public bool Ok => ActOn.Count == 0;
    /// <summary>The verdict in one sentence.</summary>
    public string Sentence { get; init; } = "";
    /// <summary>What to act on, most urgent first; at most 20 lines.</summary>
    public IReadOnlyList<string> ActOn { get; init; } = [];
    /// <summary>Nodes by state.</summary>
    public IReadOnlyDictionary<string, int> Nodes { get; init; } = new Dictionary<string, int>();
    /// <summary>Jobs by state.</summary>
    public IReadOnlyDictionary<string, int> Jobs { get; init; } = new Dictionary<string, int>();
    /// <summary>Runs waiting for a slot or a node.</summary>
    public int RunsQueued { get; init; }
    /// <summary>Runs under way.</summary>
    public int RunsRunning { get; init; }
    /// <summary>Runs due in the last day that ended in the last hour as failed, timed_out or unknown.</summary>
    public int FailuresLastHour { get; init; }
    /// <summary>Runs still queued a minute after they were due.</summary>
    public int Late { get; init; }

    /// <summary>Read it from the database, all of one moment.</summary>
    public static Task<StatusReport> Read(string connectionString, CancellationToken token) =>
        OperatorConnection.Use(connectionString, async c =>
        {
            await using var moment = await c.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, token);
            var nodes = (await c.QueryAsync<NodeRow>("select * from scheduler.node")).AsList();
            var jobs = (await c.QueryAsync<JobStatusRow>("select * from scheduler.job_status")).AsList();
            var overdue = (await c.QueryAsync<string>(
                "select name from scheduler.job_status where state in ('idle', 'running', 'queued') and next_fire_at < now() - "
                + LateAfter)).AsList();
            var runs = await c.QuerySingleAsync<RunCounts>($"""
                select count(*) filter (where state = 'queued')::int as queued, count(*) filter (where state = 'running')::int as running,
                    count(*) filter (where state = 'queued' and due_at < now() - {LateAfter})::int as late
                from scheduler.run where state in ('queued', 'running')
                """);
            var failures = await c.ExecuteScalarAsync<int>("""
                select count(*)::int from scheduler.run where due_at > now() - interval '1 day' and ended_at > now() - interval '1 hour'
                    and verdict in ('failed', 'timed_out', 'unknown')
                """);
            var incidents = (await c.QueryAsync<Incident>("""
                select i.condition, i.state = 'suppressed' as explained, i.job, i.node,
                    format('incident %s: %s', i.id, i.title) || coalesce(' (' || i.detail || ')', '')
                        || coalesce('; ' || i.acked_by || ' is at it', '') as line
                from scheduler.incident i where i.state in ('open', 'suppressed') and i.severity <> 'info' limit @IncidentsMax
                """, new { IncidentsMax })).AsList();
            var actOn = ActOnList(nodes, jobs, overdue, runs.Late, incidents);
            var counts = $"{Count(nodes.Count(n => n.State == "live"), "node")} live, {Count(jobs.Count, "job")}, "
                + $"{runs.Running} running, {runs.Queued} queued, {failures} failed in the last hour";
            return new StatusReport
            {
                Sentence = actOn.Count == 0 ? $"all is well: {counts}" : $"{Count(actOn.Count, "thing")} to act on: {counts}",
                ActOn = [.. actOn.Take(ActOnMax)],
                Nodes = CountBy(nodes, n => n.State),
                Jobs = CountBy(jobs, j => j.State),
                RunsQueued = runs.Queued,
                RunsRunning = runs.Running,
                FailuresLastHour = failures,
                Late = runs.Late,
            };
        }, token);

    // Each thing once: an incident stands aside for the line that says the same from the tables themselves, and what another thing explains is left
    // out, as suppress_incidents.sql has it. Incidents are as of the nodes' last look; without a live node none looks, and what follows from that is
    // left out here.
    private static List<string> ActOnList(List<NodeRow> nodes, List<JobStatusRow> jobs, List<string> overdue, int late, List<Incident> incidents)
    {
        var list = new List<string>();
        var said = new HashSet<(string, string?)>();
        var explained = incidents.Where(i => i.Explained).Select(i => (i.Condition, i.Job ?? i.Node)).ToHashSet();
        var noneLive = nodes.All(n => n.State != "live");
        void Add(string condition, string? name, string line)
        {
            if (explained.Contains((condition, name)) || (noneLive && FollowsFromNoNode.Contains(condition))) { return; }
            if (said.Add((condition, name))) { list.Add(line); }
        }

        if (noneLive) { Add("no_checkin", null, "no node is live, nothing runs: start one with 'scheduler serve', or see 'scheduler node list'"); }
        foreach (var n in nodes.Where(n => n.State == "dead"))
        {
            Add("node_down", n.Name, $"node {n.Name} on {n.Host} is dead; its lease ended at {n.LeaseUntil:yyyy-MM-dd HH:mm:ss}Z");
        }
        foreach (var n in nodes.Where(n => n.State == "standby"))
        {
            Add("standby", n.Name, $"node {n.Name} stands by: {n.Reason ?? "no reason given"}");
        }
        foreach (var n in nodes.Where(n => n is { State: "live", Reason: not null }))
        {
            Add("not_ready", n.Name, $"node {n.Name} is not ready: {n.Reason}");
        }
        // Of causes and channels there may be several without a job or a node.
        foreach (var i in incidents.Where(i => !i.Explained && !IsSaidElsewhere(i.Condition)))
        {
            Add(i.Condition, i.Job ?? i.Node ?? i.Line, i.Line);
        }
        foreach (var j in jobs.Where(j => j.State == "problem")) { Add("cannot_fire", j.Name, $"job {j.Name} cannot fire: {j.Problem}"); }
        foreach (var name in overdue) { Add("missed", name, $"job {name} did not fire when it was due: see 'scheduler job show {name}'"); }
        foreach (var i in incidents.Where(i => !i.Explained && i.Condition is "missed")) { Add("missed", i.Job, i.Line); }
        var allLate = incidents.Any(i => i is { Explained: false, Condition: "backlog" or "clock_skew" });
        if (late > 0 && !allLate)
        {
            Add("late", null, $"{Count(late, "run")} queued for more than a minute: see 'scheduler run list --state queued'");
        }
        foreach (var i in incidents.Where(i => late == 0 && !allLate && !i.Explained && i.Condition is "late")) { Add("late", i.Job, i.Line); }
        foreach (var j in jobs.Where(j => j.FailuresInRow > 0 && j.State != "disabled").OrderByDescending(j => j.FailuresInRow))
        {
            Add("failing", j.Name, $"job {j.Name} failed {(j.FailuresInRow == 1 ? "last time" : $"{j.FailuresInRow} times in a row")}: "
                + $"see 'scheduler run show {j.LastRunKey}'");
        }
        return list;
    }

    private static bool IsSaidElsewhere(string condition) =>
        condition is "failing" or "missed" or "late" or "node_down" or "no_checkin" or "cannot_fire";

    private static Dictionary<string, int> CountBy<T>(IEnumerable<T> rows, Func<T, string> state) =>
        rows.GroupBy(state).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count());

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private sealed record Incident
    {
        public string Condition { get; init; } = "";
        public bool Explained { get; init; }
        public string? Job { get; init; }
        public string? Node { get; init; }
        public string Line { get; init; } = "";
    }

    private sealed record RunCounts
    {
        public int Queued { get; init; }
        public int Running { get; init; }
        public int Late { get; init; }
    }
}
