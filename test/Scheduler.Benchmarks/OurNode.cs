using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.Benchmarks;

/// <summary>One of our nodes as a process of its own, with a kind that does nothing but note its start.</summary>
internal static class OurNode
{
    public static async Task<int> Run(Options options)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddSimpleConsole(c => c.SingleLine = true).SetMinimumLevel(LogLevel.Warning);
        var log = new FireLog();
        builder.Services.AddSingleton(log);
        builder.Services.AddScheduler(new NodeOptions
        {
            Name = options.Text("name"),
            ConnectionString = options.Text("connection"),
            Engine = options.Has("set") ? FireBy.Set : FireBy.Quartz,
            // Work that ends at once occupies a slot for as long as its verdict is on its way only: many are needed to be busy.
            Slots = options.Number("slots", options.Has("set") ? 4000 : 50),
        }).AddKind<NoOpJob, NoOpSettings>("bench.noop", OnLost.Rerun);
        using var host = builder.Build();
        await host.StartAsync();
        await NodeProcess.ServeUntilStopped(log, options.Text("out"));
        return 0;
    }

    private sealed record NoOpSettings;

    private sealed class NoOpJob(NoOpSettings settings, RunScope run, FireLog log) : IJob
    {
        public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            _ = settings;
            log.Note(run.Job, new DateTimeOffset(run.DueAt, TimeSpan.Zero));
            return ValueTask.CompletedTask;
        }
    }
}
