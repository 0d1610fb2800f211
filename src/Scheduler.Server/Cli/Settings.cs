using System.CommandLine;
using Scheduler.Cluster;
using Scheduler.Database;

namespace Scheduler.Server.Cli;

/// <summary>Where a command's settings come from: flags, then the environment, then config/scheduler.yaml; and the options all commands
/// share.</summary>
internal static class Settings
{
    private const string DefaultFile = "config/scheduler.yaml";

    public static Option<string?> Connection { get; } = new("--connection")
    {
        Description = "The scheduler's database, e.g. \"Host=db;Username=me;Database=scheduler\""
            + " (else SCHEDULER__CONNECTION, else config/scheduler.yaml)",
        HelpName = "TEXT",
    };

    public static Option<string?> ConfigFile { get; } = new("--config")
    {
        Description = $"Settings file (else {DefaultFile} when it is there)",
        HelpName = "FILE",
    };

    public static Option<bool> Json { get; } = new("--json") { Description = "Print JSON instead of a table" };

    public static Option<string?> Wide { get; } = new Option<string?>("--output", "-o")
    {
        Description = "wide: all columns whole, also on a narrow terminal; in a file or a pipe they always are",
        HelpName = "wide",
    }.Reading(text => text == "wide", "wide (--json prints JSON)");

    /// <summary>File and environment laid over each other.</summary>
    public static NodeSettings Read(ParseResult parsed)
    {
        var settings = new NodeSettings();
        var file = parsed.GetValue(ConfigFile);
        if (file is not null && !File.Exists(file)) { throw new OperatorException($"there is no settings file {file}", ExitCode.Usage); }
        if ((file ?? (File.Exists(DefaultFile) ? DefaultFile : null)) is { } path) { settings.AddFile(path); }
        settings.AddEnvironment(Environment.GetEnvironmentVariables());
        settings.AddFlag("connection", parsed.GetValue(Connection), "--connection");
        return settings;
    }

    /// <summary>The connection string of a command that needs nothing else.</summary>
    public static string ConnectionOf(ParseResult parsed)
    {
        var settings = Read(parsed);
        var connection = settings.Connection();
        settings.Check();
        return connection ?? throw NoConnection();
    }

    public static OperatorException NoConnection() => new(
        $"no connection to the scheduler's database is given: pass --connection, set SCHEDULER__CONNECTION, "
        + $"or write connection: in {DefaultFile}", ExitCode.Usage);

    /// <summary>Give a command the options it shares with all that ask the database.</summary>
    /// <param name="command">The command.</param>
    /// <param name="json">Whether it prints JSON when asked to.</param>
    /// <param name="table">Whether it prints a table.</param>
    public static Command Asking(this Command command, bool json = true, bool table = false)
    {
        if (table) { command.Options.Add(Wide); }
        command.Options.Add(Connection);
        command.Options.Add(ConfigFile);
        if (json) { command.Options.Add(Json); }
        return command;
    }
}
