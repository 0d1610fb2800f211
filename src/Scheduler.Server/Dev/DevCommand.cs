using System.CommandLine;
using Scheduler.Database;
using Scheduler.Server.Cli;

namespace Scheduler.Server.Dev;

/// <summary>What <c>scheduler dev</c> was asked for.</summary>
/// <param name="Nodes">Node processes.</param>
/// <param name="Data">Folder of everything the cluster writes.</param>
/// <param name="HttpPort">Port of the first node, the others follow; null: free ones.</param>
/// <param name="Jobs">Folder of job files, or null for none.</param>
/// <param name="Fresh">Throw the data away first.</param>
/// <param name="Fleet">Simulate a fleet.</param>
/// <param name="Snapshots">Run a real chain node, a real rclone and a real S3 server, and upload a snapshot every two minutes.</param>
public sealed record DevOptions(int Nodes, string Data, int? HttpPort, string? Jobs, bool Fresh, bool Fleet, bool Snapshots = false);

/// <summary>The command <c>scheduler dev</c>: PostgreSQL, nodes and a simulated fleet, from nothing, until Ctrl-C.</summary>
public static class DevCommand
{
    // Beyond this the nodes' connections would not fit into the server's 300.
    private const int NodesMax = 9;
    /// <summary>Highest port there is.</summary>
    internal const int PortMax = 65_535;

    /// <summary>Make the command.</summary>
    public static Command Create()
    {
        var nodes = new Option<int>("--nodes") { Description = $"Node processes, 1 to {NodesMax}", DefaultValueFactory = _ => 3 };
        var data = new Option<string>("--data")
        {
            Description = "Folder of the database, logs and dev.json",
            DefaultValueFactory = _ => Path.Combine(".data", "dev"),
        };
        var port = new Option<int?>("--http-port") { Description = "HTTP port of the first node, the others follow (default: free ones from 8080)" };
        var jobs = new Option<string?>("--jobs") { Description = "Folder of job files (default: config/jobs, if there is one)" };
        var fresh = new Option<bool>("--fresh") { Description = "Throw the former run's database away first" };
        var noFleet = new Option<bool>("--no-fleet") { Description = "Simulate no fleet" };
        var snapshots = new Option<bool>("--snapshots")
        {
            Description = "Run a chain node, rclone and an S3 server too, and upload a snapshot every two minutes",
        };
        nodes.Between(1, NodesMax);
        port.Between(1, PortMax);
        var command = new Command("dev", "Run a cluster from nothing: PostgreSQL, nodes, a simulated fleet")
        {
            nodes, data, port, jobs, fresh, noFleet, snapshots,
        };
        command.SetAction((parse, _) =>
        {
            // Read before the first await; else the library ends the process 2 s after Ctrl-C, with the nodes still draining.
            parse.InvocationConfiguration.ProcessTerminationTimeout = null;
            return Run(new(parse.GetValue(nodes), parse.GetValue(data)!, parse.GetValue(port),
                parse.GetValue(jobs), parse.GetValue(fresh), !parse.GetValue(noFleet), parse.GetValue(snapshots)));
        });
        return command;
    }

    private static async Task<int> Run(DevOptions options)
    {
        using var signals = new StopSignals();
        var talk = Console.Error;
        try
        {
            await using var cluster = new DevCluster(options, talk);
            try
            {
                await cluster.Start(signals.Stop);
                await LivePicture.Show(cluster, signals.Stop);
            }
            catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested) { }
            finally { await cluster.Stop(signals.Hurry); }
            return 0;
        }
        catch (OperatorException e)
        {
            await talk.WriteLineAsync("scheduler dev: " + e.Message);
            return e.ExitCode;
        }
    }
}
