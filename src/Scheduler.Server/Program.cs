using Scheduler.Kinds.Commands;
using Scheduler.Server.Cli;

// Before anything else is made: a runner is small and starts in no time.
if (CommandRunner.IsAsked(args)) { return CommandRunner.Run(); }

return await CommandLine.Run(CommandLine.Root(), args);
