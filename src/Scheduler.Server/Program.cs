using System.CommandLine;
using Scheduler.Kinds.Commands;
using Scheduler.Server.Cli;
using Scheduler.Server.Dev;

// Before anything else is made: a runner is small and starts in no time.
if (CommandRunner.IsAsked(args)) { return CommandRunner.Run(); }

var root = new RootCommand("A clustered job server: every fire runs once, on one node, and leaves one verdict.")
{
    ServeCommand.Create(),
    DevCommand.Create(),
    DevFleetCommand.Create(),
    StatusCommand.Create(),
    ConfigCommands.Create(),
    JobCommands.Create(),
    RunCommands.Create(),
    NodeCommands.Create(),
    IncidentCommands.Create(),
    ChannelCommands.Create(),
    FleetCommands.Create(),
    UploadCommands.Create(),
    SnapshotCommands.Create(),
    DatabaseCommands.Create(),
    AlertCommands.Create(),
    HealthCommand.Create(),
};
return await CommandLine.Run(root, args);
