using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OwnKind;
using Scheduler;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;

// The settings a node has anywhere: the environment (SCHEDULER__CONNECTION, SCHEDULER__NODE__SLOTS, …) over what this application says itself.
var settings = new NodeSettings();
settings.AddFlag("node.name", "invoices", "Program.cs");
// Only nodes that know the kind may run it: its jobs say runs_on: [invoices].
settings.AddFlag("node.labels", "invoices", "Program.cs");
settings.AddEnvironment(Environment.GetEnvironmentVariables());

try
{
    var options = settings.Options(jobsFolder: null);
    if (options.ConnectionString.Length == 0) { throw new OperatorException("no database: set SCHEDULER__CONNECTION", 2); }
    var builder = Host.CreateApplicationBuilder();
    // At a stop the node drains first; the host must wait for it.
    builder.Services.Configure<HostOptions>(h => h.ShutdownTimeout = options.Drain + TimeSpan.FromSeconds(20));
    builder.Services.AddSingleton(new ReminderText("EUR"));
    builder.Services.AddScheduler(options)
        .AddKind<RemindJob, RemindSettings>("invoices.remind", OnLost.Rerun, "Reminds of invoices that are overdue");
    await builder.Build().RunAsync();
    return 0;
}
catch (OperatorException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return e.ExitCode;
}
