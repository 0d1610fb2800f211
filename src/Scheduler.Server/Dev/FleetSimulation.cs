using Scheduler.Database;
using Scheduler.Fleet;

namespace Scheduler.Server.Dev;

/// <summary>
/// A fleet to watch: workers that register, send heartbeats, claim chunks and finish or fail them; some die with chunks in hand and others take
/// their places. It also makes new work and rows with a past, so that every maintenance job of the fleet has something to do within a minute.
/// </summary>
/// <remarks>
/// Load and rows are bounded by the constants below whatever the number of workers. It outlives restarts of the database: a step is tried a few
/// times, given up and logged, and the next one tries again. For development only: it ages rows on purpose.
/// </remarks>
/// <param name="connectionString">The database with the schema <c>fleet</c>.</param>
/// <param name="workers">Workers alive at a time.</param>
/// <param name="seed">The same seed makes the same choices, though not in the same order across workers.</param>
/// <param name="time">Paces the workers.</param>
/// <param name="log">Where it says what it gave up.</param>
public sealed partial class FleetSimulation(string connectionString, int workers, int seed, TimeProvider time, ILogger log)
{
    private const int Connections = 6;
    // Shared by all workers: with more of them each gets slower. Three nodes and PostgreSQL run on the same small machine.
    private const int StatementsPerSecondMax = 50;
    private const int AttemptsPerStepMax = 5;
    private const int ChunksPerClaimMax = 4;
    // One death in 120 claims: with 200 workers and a claim each half minute, three or four a minute.
    private const double DeathChance = 1.0 / 120;
    private const double FailureChance = 0.02;

    private const int PendingChunksMax = 600;
    private const int FinishedJobsMax = 300;
    private const int ConfigsMax = 40;
    private const int OfflineNodesMax = 300;
    private const int OldConfigsMax = 8;
    private const int OldHeartbeatsMax = 1000;
    private const int RecentHeartbeatsAtStart = 5000;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan SeedInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HeartbeatsKept = TimeSpan.FromHours(2);
    // Each a little beyond the threshold of the job that is to find it: 5 min, 5 min, 1 h, 30 d, 7 d, 30 d.
    private static readonly TimeSpan HungClaim = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan SilentNode = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan AbandonedNode = TimeSpan.FromHours(2);
    private static readonly TimeSpan GoneNode = TimeSpan.FromDays(31);
    private static readonly TimeSpan OldConfig = TimeSpan.FromDays(8);
    private static readonly TimeSpan OldHeartbeat = TimeSpan.FromDays(31);

    private static readonly string[] Errors =
        ["input could not be read", "out of memory after 512 MB", "process ended with exit code 3", "checksum does not match"];

    private readonly Lock gate = new();
    private DateTimeOffset nextTurn;
    private DateTimeOffset nextLog;
    private int givenUp;

    // Few against the nodes there are, so that the cleanup's guard (30 % of the table) holds in small fleets too.
    private int OldNodesMax => Math.Max(1, workers / 20);

    /// <summary>Run until cancelled; then return within a moment.</summary>
    public async Task Run(CancellationToken token)
    {
        await using var fleet = new FleetWorker(connectionString, Connections);
        LogStarted(workers, seed);
        try { await Task.WhenAll([SeedForever(fleet, token), .. Enumerable.Range(0, workers).Select(place => Populate(fleet, place, token))]); }
        // Whatever a statement throws when it is cut off.
        catch (Exception) when (token.IsCancellationRequested) { LogStopped(); }
    }

    // One place of the fleet: a worker lives, dies, and after a while another joins in its stead.
    private async Task Populate(FleetWorker fleet, int place, CancellationToken token)
    {
        var random = new Random(unchecked((seed * 7919) + place));
        await Wait(Between(random, 0, 15), token);
        for (var generation = 1; ; generation++)
        {
            await Live(fleet, $"worker-{place + 1:000}-{generation}", random, token);
            await Wait(Between(random, 20, 90), token);
        }
    }

    private async Task Live(FleetWorker fleet, string name, Random random, CancellationToken token)
    {
        var node = Guid.Empty;
        while (!await Try("register", async t => node = await fleet.Register(name, Guid.NewGuid(), t), token)) { }
        var nextBeat = time.GetUtcNow();
        try
        {
            while (true)
            {
                nextBeat = await BeatIfDue(fleet, node, nextBeat, token);
                IReadOnlyList<FleetChunk> chunks = [];
                await Try("claim", async t => chunks = await fleet.Claim(node, random.Next(1, ChunksPerClaimMax + 1), t), token);
                // Falls silent for good; its chunks wait for fleet.reclaim, its node for fleet.offline.
                if (random.NextDouble() < DeathChance) { return; }
                if (chunks.Count == 0) { await Wait(Between(random, 5, 15), token); }
                foreach (var chunk in chunks)
                {
                    await Wait(Between(random, 3, 15), token);
                    nextBeat = await BeatIfDue(fleet, node, nextBeat, token);
                    await End(fleet, chunk, node, random, token);
                }
            }
        }
        catch (FleetNodeRefusedException e)
        {
            // Its row is gone, or it was marked offline while the database was away: a new worker joins.
            LogRefused(name, e.Message);
        }
    }

    private async Task<DateTimeOffset> BeatIfDue(FleetWorker fleet, Guid node, DateTimeOffset due, CancellationToken token)
    {
        var now = time.GetUtcNow();
        return now >= due && await Try("heartbeat", t => fleet.Heartbeat(node, t), token) ? now + Beat : due;
    }

    private Task<bool> End(FleetWorker fleet, FleetChunk chunk, Guid node, Random random, CancellationToken token) =>
        random.NextDouble() < FailureChance
            ? Try("fail", t => fleet.Fail(chunk.Id, node, Errors[random.Next(Errors.Length)], t), token)
            : Try("complete", t => fleet.Complete(chunk.Id, node, t), token);

    private async Task SeedForever(FleetWorker fleet, CancellationToken token)
    {
        var history = false;
        for (var round = 0L; ; round++)
        {
            await Try("seed work", t => fleet.Seed.Work(jobs: 5, chunksPerJob: 40, ConfigsMax, PendingChunksMax, t), token);
            // The first few nodes are online by the second round; their recent heartbeats keep the old ones a small share of the table.
            history = history || (round > 0 && await Try("seed heartbeats",
                t => fleet.Seed.Heartbeats(TimeSpan.Zero, HeartbeatsKept, RecentHeartbeatsAtStart, RecentHeartbeatsAtStart, t), token));
            if (round % 2 == 0) { await Try("age claims", t => fleet.Seed.OldClaims(HungClaim, count: 2, t), token); }
            if (history && round % 3 == 1) { await SeedPast(fleet.Seed, token); }
            if (round % 12 == 11)
            {
                // Registers now and never joins.
                await Try("seed ghosts", t => fleet.Seed.Nodes("pending", TimeSpan.Zero, 1, cap: OldNodesMax * 3, t), token);
                await Try("prune", t => fleet.Seed.Prune(FinishedJobsMax, OfflineNodesMax, HeartbeatsKept, t), token);
            }
            await Wait(SeedInterval, token);
        }
    }

    private async Task SeedPast(FleetSeed past, CancellationToken token)
    {
        await Try("seed silent nodes", t => past.Nodes("online", SilentNode, 1, OldNodesMax, t), token);
        await Try("seed abandoned nodes", t => past.Nodes("pending", AbandonedNode, 1, OldNodesMax, t), token);
        await Try("seed gone nodes", t => past.Nodes("offline", GoneNode, 1, OldNodesMax, t), token);
        await Try("seed old configs", t => past.Configs(OldConfig, 1, OldConfigsMax, t), token);
        await Try("seed old heartbeats", t => past.Heartbeats(OldHeartbeat, TimeSpan.FromHours(1), 50, OldHeartbeatsMax, t), token);
    }

    // False: given up. A refusal of the node is the caller's matter.
    private async Task<bool> Try(string step, Func<CancellationToken, Task> work, CancellationToken token)
    {
        for (var attempt = 1; ; attempt++)
        {
            await Turn(token);
            try
            {
                await work(token);
                return true;
            }
            catch (Exception e) when (e is not FleetNodeRefusedException && !token.IsCancellationRequested)
            {
                if (attempt == AttemptsPerStepMax || !Transient.IsTransient(e))
                {
                    GiveUp(step, e);
                    await Wait(RetryDelay * 4, token);
                    return false;
                }
                await Wait(RetryDelay * Math.Pow(2, attempt - 1), token);
            }
        }
    }

    // One line for many: with the database away, every worker gives up every few seconds.
    private void GiveUp(string step, Exception error)
    {
        int count;
        lock (gate)
        {
            givenUp++;
            var now = time.GetUtcNow();
            if (now < nextLog) { return; }
            (count, givenUp, nextLog) = (givenUp, 0, now + LogInterval);
        }
        LogGaveUp(count, step, error.Message);
    }

    // Statements take turns, evenly spaced.
    private async Task Turn(CancellationToken token)
    {
        DateTimeOffset turn;
        var now = time.GetUtcNow();
        lock (gate)
        {
            turn = nextTurn > now ? nextTurn : now;
            nextTurn = turn + TimeSpan.FromSeconds(1.0 / StatementsPerSecondMax);
        }
        if (turn > now) { await Wait(turn - now, token); }
    }

    private static TimeSpan Between(Random random, double minSeconds, double maxSeconds) =>
        TimeSpan.FromSeconds(minSeconds + (random.NextDouble() * (maxSeconds - minSeconds)));

    private Task Wait(TimeSpan span, CancellationToken token) => Task.Delay(span, time, token);

    [LoggerMessage(5901, LogLevel.Information, "Simulating a fleet of {Workers} workers, seed {Seed}")]
    private partial void LogStarted(int workers, int seed);

    [LoggerMessage(5902, LogLevel.Information, "The simulated fleet stops")]
    private partial void LogStopped();

    [LoggerMessage(5903, LogLevel.Warning, "Simulated fleet: {StepCount} steps given up since the last such line; the latest, {Step}: {Error}")]
    private partial void LogGaveUp(int stepCount, string step, string error);

    [LoggerMessage(5904, LogLevel.Information, "Simulated {Worker} leaves: {Why}")]
    private partial void LogRefused(string worker, string why);
}
