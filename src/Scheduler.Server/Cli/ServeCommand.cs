using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Console;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Server.Api;
using Scheduler.Server.Telemetry;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler serve</c>: one node, Quartz and HTTP in one process.</summary>
internal static class ServeCommand
{
    // Beyond the drain: cancelled runs end, their verdicts are written, the lease is given up.
    private static readonly TimeSpan BeyondDrain = TimeSpan.FromSeconds(20);

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "Name of the node, unique among live nodes (else node.name, else the machine's: host, host-2, …)",
        HelpName = "TEXT",
    };
    private static readonly Option<string?> Jobs = new("--jobs")
    {
        Description = "Folder of job files to apply at start (default: the jobs in the database stay as they are)",
        HelpName = "DIR",
    };
    private static readonly Option<string?> Slots = new("--slots") { Description = "Runs at a time (default 20)", HelpName = "N" };
    private static readonly Option<string?> Labels = new("--labels")
    {
        Description = "Labels that jobs' runs_on match (default none)",
        HelpName = "A,B",
    };
    private static readonly Option<string?> Drain = new("--drain")
    {
        Description = "Time running work gets at a graceful stop (default 30s)",
        HelpName = "TIME",
    };
    private static readonly Option<string?> Lease = new("--lease")
    {
        Description = "Length of the lease, the same on every node (default 4500ms)",
        HelpName = "TIME",
    };
    private static readonly Option<string?> Engine = new("--engine")
    {
        Description = "Who fires due triggers: set, many in one statement, or quartz, its own loop (default set)",
        HelpName = "NAME",
    };
    private static readonly Option<string?> KeepRuns = new("--keep-runs")
    {
        Description = "How long the ledger keeps finished runs, at least 1d, the same on every node (default 30d)",
        HelpName = "TIME",
    };
    private static readonly Option<string?> Port = new("--http-port")
    {
        Description = $"Port on 127.0.0.1, 0 for a free one (default {NodeSettings.DefaultHttpPort})",
        HelpName = "P",
    };
    // For a parent that may die without a signal: the end of its pipe stops the node.
    private static readonly Option<bool> ExitWithStdin = new("--exit-with-stdin") { Description = "Stop gracefully when stdin ends", Hidden = true };

    public static Command Create()
    {
        var command = new Command("serve", "Run a node until it is told to stop (Ctrl-C, SIGTERM)")
        {
            Name, Jobs, Slots, Labels, Drain, Lease, Engine, KeepRuns, Port, ExitWithStdin,
        }.Asking(json: false);
        command.SetAction(Serve);
        return command;
    }

    private static async Task<int> Serve(ParseResult parsed, CancellationToken stop)
    {
        var settings = Settings.Read(parsed);
        foreach (var (option, key) in new[]
        {
            (Name, "node.name"), (Slots, "node.slots"), (Labels, "node.labels"), (Drain, "node.drain"), (Lease, "node.lease"),
            (Engine, "node.engine"), (KeepRuns, "node.keep_runs"), (Port, "http.port"),
        })
        {
            settings.AddFlag(key, parsed.GetValue(option), option.Name);
        }
        var options = settings.Options(parsed.GetValue(Jobs));
        if (options.ConnectionString.Length == 0) { throw Settings.NoConnection(); }
        if (options.JobsFolder is { } folder && !Directory.Exists(folder))
        {
            throw new OperatorException($"there is no folder of job files {folder} (--jobs)", ExitCode.Usage);
        }
        var address = settings.HttpAddress() ?? IPAddress.Loopback;
        using var socket = Bind(address, settings.HttpPort() ?? NodeSettings.DefaultHttpPort);
        options = options with { Url = settings.HttpUrl() ?? UrlOf((IPEndPoint)socket.LocalEndPoint!) };
        var parentGone = new CancellationTokenSource();     // not disposed: its reader may go on until the process ends
        // Before the start: it may wait for its database, and must not outlive who began it.
        if (parsed.GetValue(ExitWithStdin)) { CancelWithStdin(parentGone); }
        if (settings.NodeName() is not null) { return await Run(options, socket, parentGone.Token, stop); }
        // The database says, as it gives the lease, which name is free; a name that is not costs this node a start.
        for (var number = 2; ; number++)
        {
            try { return await Run(options, socket, parentGone.Token, stop); }
            catch (NodeNameTakenException e) when (number <= HostName.NumberMax)
            {
                Output.Talk($"scheduler: {e.Message}");
                options = options with { Name = HostName.ForNode(Environment.MachineName, number) };
                Output.Talk($"scheduler: it was given none, and tries '{options.Name}'");
            }
        }
    }

    private static async Task<int> Run(NodeOptions options, Socket socket, CancellationToken parentGone, CancellationToken stop)
    {
        await using var app = Build(options, socket, out var started);
        using var systemd = SystemdNotice.Of(app);
        await using var stopping = parentGone.Register(app.Lifetime.StopApplication);
        try { await app.StartAsync(stop); }
        catch (Exception e)
        {
            // Who began it is gone before it had started: a stop like any other.
            var told = e is OperationCanceledException && app.Lifetime.ApplicationStopping.IsCancellationRequested;
            // What did start gives back what it holds, the lease first of all, so that the next try need not wait for its end.
            await app.StopAsync(CancellationToken.None);
            if (told && !stop.IsCancellationRequested) { return ExitCode.Ok; }
            throw;
        }
        started.Set();
        Console.Out.WriteLine($"node {options.Name} is listening on http://{socket.LocalEndPoint}");
        await app.WaitForShutdownAsync(stop);
        return ExitCode.Ok;
    }

    // A client cannot connect to "all addresses": it reaches the machine by its name.
    private static string UrlOf(IPEndPoint listening) => listening.Address.Equals(IPAddress.Any) || listening.Address.Equals(IPAddress.IPv6Any)
        ? string.Create(CultureInfo.InvariantCulture, $"http://{Dns.GetHostName()}:{listening.Port}")
        : $"http://{listening}";

    private static WebApplication Build(NodeOptions options, Socket socket, out ManualResetEventSlim started)
    {
        // Content and settings files of the working directory are not ours to read: a node is made of its own settings alone.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddEnvironmentVariables();   // Logging__LogLevel__Scheduler=Debug and its like
        var begun = started = new ManualResetEventSlim();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(c =>
            (c.SingleLine, c.UseUtcTimestamp, c.IncludeScopes, c.TimestampFormat) = (true, true, true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z' "));
        // A line says which run it belongs to; trace and span ids are for those who send logs to a collector.
        builder.Logging.Configure(l => l.ActivityTrackingOptions = ActivityTrackingOptions.None);
        builder.Logging.Services.Configure<ConsoleLoggerOptions>(c => c.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Quartz", LogLevel.Warning);
        // A start that fails is told once, in one line, by the command line; the host would add the stack.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => begun.IsSet && level >= LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(k => k.Listen((IPEndPoint)socket.LocalEndPoint!));
        builder.Services.Configure<SocketTransportOptions>(t => t.CreateBoundListenSocket = _ => socket);
        builder.Services.Configure<HostOptions>(h => h.ShutdownTimeout = options.Drain + BeyondDrain);
        // Begins before the node does and ends after it, so that no run of it goes unseen.
        builder.AddOtlpExport(options.Name);
        builder.Services.AddScheduler(options);
        var app = builder.Build();
        app.MapHealth();
        app.MapMetrics(options.Telemetry, ((IPEndPoint)socket.LocalEndPoint!).Address);
        return app;
    }

    // Bound before anything else begins, so that a taken port stops the start before the node has a lease, and a free port is known to the
    // node's row.
    private static Socket Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // All addresses are those of IPv4 too.
            if (address.Equals(IPAddress.IPv6Any)) { socket.DualMode = true; }
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new OperatorException(e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"port {port} of {address} is taken; give another with --http-port, or 0 for a free one",
                SocketError.AddressNotAvailable =>
                    $"http.address is {address}, which no interface of this machine has; expected e.g. 127.0.0.1 or 0.0.0.0",
                SocketError.AccessDenied => $"port {port} of {address} is not open to this user; give one above 1023 with --http-port",
                _ => $"cannot listen on port {port} of {address}: {e.Message}",
            }, ExitCode.Error, e);
        }
    }

    private static void CancelWithStdin(CancellationTokenSource parentGone) => _ = Task.Run(async () =>
    {
        var ignored = new byte[1024];
        var input = Console.OpenStandardInput();
        try { while (await input.ReadAsync(ignored) > 0) { } }
        catch (IOException) { /* a broken pipe is an end too */ }
        await parentGone.CancelAsync();
    });
}
