using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;
using Scheduler.Cluster;

namespace Scheduler.Server.Cli;

/// <summary>
/// Tells systemd how the node is where a unit of <c>Type=notify</c> started it: READY when the start is complete, STATUS with the node's state
/// whenever it changes, STOPPING when a stop begins, and WATCHDOG twice in the time the unit asks for. Without NOTIFY_SOCKET it does nothing.
/// </summary>
/// <remarks>The library's own <c>AddSystemd</c> would also change the form of log lines, and knows no watchdog. The watchdog says that the process
/// still gets to its timers; a node whose database is away is not restarted for that.</remarks>
internal sealed partial class SystemdNotice : IDisposable
{
    // sd_watchdog_enabled(3) advises half of the time.
    private const int WatchdogShare = 2;

    private readonly SystemdNotifier notifier = new();
    private readonly ILogger<SystemdNotice> log;
    private readonly ITimer? watchdog;

    private SystemdNotice(IServiceProvider services)
    {
        log = services.GetRequiredService<ILogger<SystemdNotice>>();
        if (!notifier.IsEnabled) { return; }
        var node = services.GetRequiredService<NodeState>();
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStarted.Register(() => Tell(ServiceState.Ready, Status(node)));
        lifetime.ApplicationStopping.Register(() => Tell(ServiceState.Stopping, Status(node)));
        node.Changed += _ => Tell(Status(node));
        if (WatchdogTime() is { } time)
        {
            watchdog = services.GetRequiredService<TimeProvider>().CreateTimer(_ => Tell(new ServiceState("WATCHDOG=1")), null, TimeSpan.Zero, time);
        }
    }

    /// <summary>Begin to tell, before the node's start.</summary>
    public static SystemdNotice Of(WebApplication app) => new(app.Services);

    public void Dispose() => watchdog?.Dispose();

    private static ServiceState Status(NodeState node) =>
        new("STATUS=" + node.State + (node.Reason is { } why ? ": " + why.ReplaceLineEndings(" ") : ""));

    // The variables are inherited: a unit may have meant another process.
    private static TimeSpan? WatchdogTime() =>
        long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            && microseconds > 0
            && Environment.GetEnvironmentVariable("WATCHDOG_PID") is var pid
            && (string.IsNullOrEmpty(pid) || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
                ? TimeSpan.FromMicroseconds(microseconds) / WatchdogShare : null;

    // No word to systemd may end the node; systemd has its own time-outs for words that do not come.
    private void Tell(params ServiceState[] states)
    {
        try { foreach (var state in states) { notifier.Notify(state); } }
        catch (SocketException e) { LogNotTold(e.Message); }
    }

    [LoggerMessage(5008, LogLevel.Warning, "systemd could not be told how the node is: {Problem}")]
    private partial void LogNotTold(string problem);
}
