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
            // What the lists below say themselves is left out.
            var incidents = (await c.QueryAsync<string>("""
                select format('incident %s: %s', i.id, i.title) || coalesce(' (' || i.detail || ')', '')
                    || coalesce('; ' || i.acked_by || ' is at it', '')
                from scheduler.incident i
                where i.state = 'open' and i.severity <> 'info'
                    and i.condition not in ('failing', 'missed', 'late', 'node_down', 'no_checkin', 'cannot_fire')
                limit @ActOnMax
                """, new { ActOnMax })).AsList();
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

    private static List<string> ActOnList(List<NodeRow> nodes, List<JobStatusRow> jobs, List<string> overdue, int late, List<string> incidents)
    {
        var list = new List<string>();
        if (nodes.All(n => n.State != "live"))
        {
            list.Add("no node is live, nothing runs: start one with 'scheduler serve', or see 'scheduler node list'");
        }
        list.AddRange(nodes.Where(n => n.State == "dead").Select(n =>
            $"node {n.Name} on {n.Host} is dead; its lease ended at {n.LeaseUntil:yyyy-MM-dd HH:mm:ss}Z"));
        list.AddRange(nodes.Where(n => n.State == "standby").Select(n => $"node {n.Name} stands by: {n.Reason ?? "no reason given"}"));
        list.AddRange(nodes.Where(n => n is { State: "live", Reason: not null }).Select(n => $"node {n.Name} is not ready: {n.Reason}"));
        list.AddRange(incidents);
        list.AddRange(jobs.Where(j => j.State == "problem").Select(j => $"job {j.Name} cannot fire: {j.Problem}"));
        list.AddRange(overdue.Select(name => $"job {name} did not fire when it was due: see 'scheduler job show {name}'"));
        if (late > 0) { list.Add($"{Count(late, "run")} queued for more than a minute: see 'scheduler run list --state queued'"); }
        list.AddRange(jobs.Where(j => j.FailuresInRow > 0 && j.State != "disabled").OrderByDescending(j => j.FailuresInRow)
            .Select(j => $"job {j.Name} failed {(j.FailuresInRow == 1 ? "last time" : $"{j.FailuresInRow} times in a row")}: "
                + $"see 'scheduler run show {j.LastRunKey}'"));
        return list;
    }

    private static Dictionary<string, int> CountBy<T>(IEnumerable<T> rows, Func<T, string> state) =>
        rows.GroupBy(state).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count());

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private sealed record RunCounts
    {
        public int Queued { get; init; }
        public int Running { get; init; }
        public int Late { get; init; }
    }
}
