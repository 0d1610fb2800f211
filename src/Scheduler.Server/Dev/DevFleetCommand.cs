using System.CommandLine;
using Scheduler.Database;
using Scheduler.Runs;
using Scheduler.Server.Cli;

namespace Scheduler.Server.Dev;

/// <summary>The hidden command <c>scheduler dev-fleet</c>: the simulated fleet as a process of its own.</summary>
public static partial class DevFleetCommand
{
    // Any number; the same one every time makes one run of the simulation comparable with the next.
    private const int DefaultSeed = 20261121;
    // Each is a task of this process.
    private const int WorkersMax = 10_000;

    // The cleanups are due hourly and nightly; who looks at a development cluster for some minutes is to see rows vanish.
    private static readonly string[] CleanupJobs = ["cleanup-stale-data", "cleanup-heartbeats"];
    private static readonly TimeSpan CleanupEvery = TimeSpan.FromSeconds(45);

    /// <summary>Make the command.</summary>
    public static Command Create()
    {
        var connection = new Option<string>("--connection") { Description = "The database with the schema fleet", Required = true };
        var workers = new Option<int>("--workers") { Description = "Workers alive at a time", DefaultValueFactory = _ => 200 }.Between(1, WorkersMax);
        var seed = new Option<int>("--seed") { Description = "Seed of its choices", DefaultValueFactory = _ => DefaultSeed }
            .Between(int.MinValue, int.MaxValue);
        var exitWithStdin = new Option<bool>("--exit-with-stdin") { Description = "Stop when standard input closes" };
        var command = new Command("dev-fleet", "Simulate a fleet of workers on the tables of the schema fleet")
        {
            connection, workers, seed, exitWithStdin,
        };
        command.Hidden = true;
        command.SetAction((parse, _) =>
        {
            // Read before the first await; else the library ends the process 2 s after a signal.
            parse.InvocationConfiguration.ProcessTerminationTimeout = null;
            return Run(parse.GetValue(connection)!, parse.GetValue(workers), parse.GetValue(seed), parse.GetValue(exitWithStdin));
        });
        return command;
    }

    private static async Task<int> Run(string connection, int workers, int seed, bool exitWithStdin)
    {
        using var signals = new StopSignals();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(signals.Stop);
        using var logs = LoggerFactory.Create(logging => logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        }));
        var simulation = new FleetSimulation(connection, workers, seed, TimeProvider.System, logs.CreateLogger<FleetSimulation>()).Run(stop.Token);
        var parentGone = exitWithStdin ? Console.OpenStandardInput().CopyToAsync(Stream.Null, stop.Token) : Task.Delay(Timeout.Infinite, stop.Token);
        var cleanups = AskForCleanups(connection, logs.CreateLogger("Cleanups"), stop.Token);
        await Task.WhenAny(simulation, parentGone);
        await stop.CancelAsync();
        await Task.WhenAll(simulation, cleanups);
        return 0;
    }

    private static async Task AskForCleanups(string connection, ILogger log, CancellationToken token)
    {
        try
        {
            while (true)
            {
                await Task.Delay(CleanupEvery, TimeProvider.System, token);
                foreach (var job in CleanupJobs)
                {
                    try { await RunList.RunNow(connection, job, null, null, token); }
                    catch (OperatorException e) { LogNotAsked(log, job, e.Message); }      // other job files, or the database is away
                }
            }
        }
        catch (OperationCanceledException) { }
    }

    [LoggerMessage(5905, LogLevel.Information, "No cleanup {Job} was asked for: {Problem}")]
    private static partial void LogNotAsked(ILogger log, string job, string problem);
}
