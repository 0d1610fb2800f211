using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.Benchmarks;

/// <summary>One of our nodes as a process of its own, with a kind that does nothing but note its start and one that lasts.</summary>
internal static class OurNode
{
    public static async Task<int> Run(Options options)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddSimpleConsole(c => c.SingleLine = true).SetMinimumLevel(LogLevel.Warning);
        var log = FireLog.For(options);
        var work = new LongWork();
        builder.Services.AddSingleton(log).AddSingleton(work);
        builder.Services.AddScheduler(Settings(options))
            .AddKind<NoOpJob, NoOpSettings>("bench.noop", OnLost.Rerun)
            .AddKind<LongJob, NoOpSettings>("bench.long", OnLost.Rerun);
        using var host = builder.Build();
        await host.StartAsync();
        await NodeProcess.ServeUntilStopped(log, options.Text("out"), command =>
        {
            if (command == "release") { work.Release(); }
            else { throw new ArgumentException($"our node cannot '{command}'; it can only release"); }
            return Task.CompletedTask;
        });
        return 0;
    }

    private static NodeOptions Settings(Options options)
    {
        var settings = new NodeOptions
        {
            Name = options.Text("name"),
            ConnectionString = options.Text("connection"),
            Engine = options.Has("set") ? FireBy.Set : FireBy.Quartz,
            // Work that ends at once occupies a slot for as long as its verdict is on its way only: many are needed to be busy.
            Slots = options.Number("slots", options.Has("set") ? 4000 : 50),
        };
        return options.Has("lease") ? settings with { Lease = Fine(options.Text("lease")) } : settings;
    }

    private static TimeSpan Fine(string text) =>
        Duration.TryParseFine(text, out var value) ? value : throw new ArgumentException($"--lease is '{text}'; expected {Duration.Expected}");

    private sealed record NoOpSettings;

    private sealed class NoOpJob(NoOpSettings settings, RunScope run, IFireLog log) : IJob
    {
        public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            _ = settings;
            log.Note(run.Job, new DateTimeOffset(run.DueAt, TimeSpan.Zero), run.RunToken);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class LongJob(NoOpSettings settings, RunScope run, IFireLog log, LongWork work) : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            _ = settings;
            log.Note(run.Job, new DateTimeOffset(run.DueAt, TimeSpan.Zero), run.RunToken);
            await work.Wait(cancellationToken);
        }
    }
}
