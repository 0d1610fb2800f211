using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Scheduler.Telemetry;

namespace Scheduler.Server.Telemetry;

/// <summary>
/// Metrics, spans and log lines sent over OTLP (gRPC or HTTP) where the <c>OTEL_*</c> variables say, and nothing when they name no endpoint. The
/// exporters work beside the node: what a collector that is away does not take waits in bounded queues and is then dropped (docs/telemetry.md).
/// </summary>
internal static class OtlpExport
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    // One collection a minute is the SDK's own default; the cluster's state is read this long before it is collected at most.
    private static readonly TimeSpan ReadEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShutdownMax = TimeSpan.FromSeconds(3);

    /// <summary>Add the exporters the environment asks for.</summary>
    public static void AddOtlpExport(this WebApplicationBuilder builder, string node)
    {
        var resource = ResourceBuilder.CreateDefault()
            .AddService("scheduler", serviceVersion: typeof(SchedulerMeter).Assembly.GetName().Version?.ToString(3), serviceInstanceId: node)
            // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES count more than what the node says of itself.
            .AddEnvironmentVariableDetector();
        if (!Wanted("LOGS") && !Wanted("METRICS") && !Wanted("TRACES")) { return; }
        builder.Services.AddHostedService<ExportWatch>();
        if (Wanted("LOGS"))
        {
            builder.Logging.AddOpenTelemetry(o =>
            {
                (o.IncludeScopes, o.IncludeFormattedMessage) = (true, true);
                o.SetResourceBuilder(resource).AddOtlpExporter(e => Aim(e, "LOGS"));
            });
        }
        if (Wanted("METRICS") || Wanted("TRACES")) { builder.Services.AddHostedService(services => new Sender(services, resource)); }
    }

    // OTEL_SDK_DISABLED, OTEL_METRICS_EXPORTER=none and their like; an endpoint for all signals or for this one.
    private static bool Wanted(string signal) =>
        !string.Equals(Variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase)
        && Variable($"OTEL_{signal}_EXPORTER") is not "none"
        && (Variable(EndpointVariable) ?? Variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")) is not null;

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : null;

    // The SDK reads the variables of all signals; those of one signal, which count more, are read here.
    private static void Aim(OtlpExporterOptions options, string signal)
    {
        if (Variable($"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL") is { } protocol)
        {
            options.Protocol = protocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        }
        if (Variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is { } endpoint) { options.Endpoint = new Uri(endpoint); }
        if (Variable($"OTEL_EXPORTER_OTLP_{signal}_HEADERS") is { } headers) { options.Headers = headers; }
        if (int.TryParse(Variable($"OTEL_EXPORTER_OTLP_{signal}_TIMEOUT"), out var milliseconds)) { options.TimeoutMilliseconds = milliseconds; }
    }

    // A statement or a request that belongs to no run is the node's own: thousands an hour that nobody asked to see.
    private sealed class PartsOfRuns : BaseProcessor<Activity>
    {
        public override void OnEnd(Activity data)
        {
            if (data.ParentSpanId == default && data.Source.Name != SchedulerMeter.Name) { data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded; }
        }
    }

    private sealed class Sender(IServiceProvider services, ResourceBuilder resource) : BackgroundService
    {
        private MeterProvider? metrics;
        private TracerProvider? traces;
        private IDisposable? shortErrors;

        public override Task StartAsync(CancellationToken cancellationToken)
        {
            if (Wanted("METRICS"))
            {
                metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
                    .AddMeter(SchedulerMeter.Name, "System.Runtime", "Npgsql").SetExemplarFilter(ExemplarFilterType.TraceBased)
                    .AddView("scheduler.*", new MetricStreamConfiguration { CardinalityLimit = 20_000 })
                    .AddOtlpExporter(e => Aim(e, "METRICS")).Build();
            }
            if (Wanted("TRACES"))
            {
                shortErrors = SqlSpanErrors.Shorten();
                traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
                    .AddSource(SchedulerMeter.Name, "Npgsql", "System.Net.Http").AddProcessor(new PartsOfRuns())
                    .AddOtlpExporter(e => Aim(e, "TRACES")).Build();
            }
            return base.StartAsync(cancellationToken);
        }

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            if (metrics is null) { return; }
            var cluster = services.GetRequiredService<ClusterReading>();
            using var timer = new PeriodicTimer(ReadEvery, services.GetRequiredService<TimeProvider>());
            try
            {
                do { await cluster.Refresh(stoppingToken); }
                while (await timer.WaitForNextTickAsync(stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested) { }
        }

        public override async Task StopAsync(CancellationToken cancellationToken)
        {
            await base.StopAsync(cancellationToken);
            // A collector that is away must not hold up a stop.
            await Task.Run(() =>
            {
                traces?.Shutdown((int)ShutdownMax.TotalMilliseconds);
                metrics?.Shutdown((int)ShutdownMax.TotalMilliseconds);
            }, CancellationToken.None);
            traces?.Dispose();
            metrics?.Dispose();
            shortErrors?.Dispose();
        }
    }
}
