using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Data.Common;
using System.Runtime.InteropServices;
using Scheduler.Database;
using Scheduler.Server.Dev;

namespace Scheduler.Server.Cli;

/// <summary>Runs a command and turns however it ends into a line on stderr and an exit code. The only place that does.</summary>
internal static class CommandLine
{
    // A word that begins with @ is text like any other: @daily is a schedule, and no file is read for it.
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    /// <summary>The whole tree of commands.</summary>
    public static RootCommand Root() => new("A clustered job server: every fire runs once, on one node, and leaves one verdict.")
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

    public static async Task<int> Run(RootCommand root, string[] args)
    {
        using var stop = new CancellationTokenSource();
        var signalExit = 0;
        void OnSignal(PosixSignalContext signal)
        {
            // The second signal takes its ordinary way and ends the process.
            if (stop.IsCancellationRequested) { return; }
            signal.Cancel = true;
            signalExit = signal.Signal == PosixSignal.SIGTERM ? ExitCode.Terminated : ExitCode.Interrupted;
            stop.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        try
        {
            var parsed = root.Parse(args, Parsing);
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction) { return Usage(parsed); }
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token);
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is not OperatorException)
        {
            return signalExit;
        }
        catch (Exception e)
        {
            return Explain(e is AggregateException { InnerExceptions: [var only] } ? only : e);
        }
    }

    private static int Explain(Exception error)
    {
        var known = error switch
        {
            OperatorException o => o,
            DbException d => OperatorConnection.Explain(d),
            _ => null,
        };
        Output.Talk("scheduler: " + (known?.Message ?? $"{error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}"));
        if (Environment.GetEnvironmentVariable("SCHEDULER_TRACE") == "1") { Console.Error.WriteLine(error); }
        else if (known is null) { Console.Error.WriteLine("this is unexpected; set SCHEDULER_TRACE=1 to see where it comes from"); }
        return known?.ExitCode ?? ExitCode.Error;
    }

    private static int Usage(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Any(c => !c.Hidden) && parsed.UnmatchedTokens.Count == 0 && parsed.Errors.All(e => e.SymbolResult is CommandResult))
        {
            var names = string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name));
            Output.Talk($"{Path(parsed.CommandResult)} needs a command: {names}");
            Console.Error.WriteLine($"see '{Path(parsed.CommandResult)} --help'");
            return ExitCode.Usage;
        }
        foreach (var line in Mistakes(parsed)) { Output.Talk("scheduler: " + line); }
        Console.Error.WriteLine($"see '{Path(parsed.CommandResult)} --help'");
        return command.Name == ConfigCommands.PlanName ? ExitCode.Error : ExitCode.Usage;
    }

    /// <summary>What is wrong with a command line, a line for each mistake; empty when nothing is.</summary>
    internal static IEnumerable<string> Mistakes(ParseResult parsed) => (parsed.UnmatchedTokens.Count > 0
        // An unknown word makes others miss their place ("required" and so on); naming it is enough.
        ? parsed.UnmatchedTokens.Select(t => $"'{t}' is not {(t.StartsWith('-') ? "an option" : "expected")} here"
            + Spelling.DidYouMean(t, Words(parsed.CommandResult.Command, t)))
        : parsed.Errors.Select(e => string.Join(" ", e.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.')))
        .Distinct();

    private static IEnumerable<string> Words(Command command, string like) => like.StartsWith('-')
        ? command.Options.Where(o => !o.Hidden).SelectMany(o => o.Aliases.Append(o.Name))
        : command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);

    private static string Path(CommandResult result) => result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : "scheduler";
}

/// <summary>Exit codes of design §10.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Error = 1;
    public const int Usage = 2;
    /// <summary>Of 'config plan': something would change.</summary>
    public const int Changes = 2;
    public const int RunFailed = 6;
    public const int WaitTimedOut = 7;
    public const int Partial = 9;
    /// <summary>Of 'status': something is to be acted on.</summary>
    public const int ToActOn = 10;
    public const int Interrupted = 130;
    public const int Terminated = 143;
}
