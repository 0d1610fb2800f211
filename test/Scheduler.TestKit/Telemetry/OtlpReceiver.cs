using System.Globalization;
using System.Text.Json;

namespace Scheduler.TestKit.Telemetry;

/// <summary>A span as it arrived. Ids are hexadecimal.</summary>
public sealed record ReceivedSpan(
    string Name, string Scope, string TraceId, string SpanId, string ParentId, IReadOnlyDictionary<string, string> Attributes, string Status,
    IReadOnlyList<string> LinkedTraces, JsonElement All);

/// <summary>
/// An OTLP receiver that has nothing of ours or of the SDK's: Python, gRPC and the official generated messages. HTTP and gRPC on free ports.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly Tool tool;

    private OtlpReceiver(Tool tool, int http, int grpc)
    {
        this.tool = tool;
        (Http, Grpc) = (FormattableString.Invariant($"http://127.0.0.1:{http}"), FormattableString.Invariant($"http://127.0.0.1:{grpc}"));
    }

    /// <summary>Its address for http/protobuf.</summary>
    public string Http { get; }
    /// <summary>Its address for gRPC.</summary>
    public string Grpc { get; }

    /// <summary>Start one.</summary>
    public static async Task<OtlpReceiver> Start()
    {
        Tool.Find("/usr/lib/python3/dist-packages/grpc/__init__.py", "apt-get install -y python3-grpcio python3-protobuf");
        var messages = Path.Combine(Tool.Folder, "otlp/usr/lib/python3/dist-packages");
        Tool.Find(Path.Combine(messages, "opentelemetry/proto/trace/v1/trace_pb2.py"), "./dev tools");
        var script = Path.Combine(AppContext.BaseDirectory, "Telemetry", "otlp_receiver.py");
        var tool = Tool.Start("/usr/bin/python3", new Dictionary<string, string> { ["PYTHONPATH"] = messages }, script);
        await Until.Holds("the OTLP receiver listens", () => Task.FromResult(tool.Lines.Any()));
        try
        {
            var ports = JsonDocument.Parse(tool.Lines.First()).RootElement;
            return new(tool, ports.GetProperty("http").GetInt32(), ports.GetProperty("grpc").GetInt32());
        }
        catch (JsonException e) { throw new InvalidOperationException("the OTLP receiver did not start: " + string.Join('\n', tool.Lines), e); }
    }

    /// <summary>From now on its ports are open and nobody answers.</summary>
    public void Freeze() => tool.Freeze();

    /// <summary>It answers again, what came meanwhile first.</summary>
    public void Thaw() => tool.Thaw();

    /// <summary>By which protocols a signal came: http, grpc.</summary>
    public IEnumerable<string> Protocols(string signal) => Bodies(signal).Select(b => b.Protocol).Distinct();

    /// <summary>All spans so far.</summary>
    public IReadOnlyList<ReceivedSpan> Spans() =>
    [
        .. from body in Bodies("traces")
           from resource in List(body.Body, "resource_spans")
           from scope in List(resource, "scope_spans")
           from span in List(scope, "spans")
           select new ReceivedSpan(Text(span, "name"), Text(scope.GetProperty("scope"), "name"), Hex(Text(span, "trace_id")),
               Hex(Text(span, "span_id")), Hex(Text(span, "parent_span_id")),
               Attributes(span), span.TryGetProperty("status", out var s) ? Text(s, "code") : "",
               [.. List(span, "links").Select(l => Hex(Text(l, "trace_id")))], span),
    ];

    /// <summary>All metrics so far, unit by name.</summary>
    public IReadOnlyDictionary<string, string> MetricUnits() =>
        Metrics().GroupBy(m => Text(m, "name")).ToDictionary(g => g.Key, g => Text(g.Last(), "unit"));

    /// <summary>Attribute sets of a metric's points.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Points(string metric) =>
    [
        .. from m in Metrics()
           where Text(m, "name") == metric
           from kind in new[] { "gauge", "sum", "histogram" }
           where m.TryGetProperty(kind, out _)
           from point in List(m.GetProperty(kind), "data_points")
           select Attributes(point),
    ];

    /// <summary>The latest value of a counter, all its attribute sets of one request together; null when none has come.</summary>
    public double? Sum(string metric) => (
        from m in Metrics()
        where Text(m, "name") == metric && m.TryGetProperty("sum", out _)
        select (double?)List(m.GetProperty("sum"), "data_points").Sum(p =>
            double.Parse(Text(p, p.TryGetProperty("as_int", out _) ? "as_int" : "as_double"), CultureInfo.InvariantCulture))).LastOrDefault();

    /// <summary>Attributes of the resource a signal came from.</summary>
    public IReadOnlyDictionary<string, string> Resource(string signal, string list) =>
        Attributes(List(Bodies(signal).Last().Body, list).First().GetProperty("resource"));

    /// <summary>Log lines so far: their text and attributes.</summary>
    public IReadOnlyList<(string Text, IReadOnlyDictionary<string, string> Attributes)> Logs() =>
    [
        .. from body in Bodies("logs")
           from resource in List(body.Body, "resource_logs")
           from scope in List(resource, "scope_logs")
           from record in List(scope, "log_records")
           select (record.TryGetProperty("body", out var b) ? Text(b, "string_value") : "", Attributes(record)),
    ];

    /// <inheritdoc />
    public ValueTask DisposeAsync() => tool.DisposeAsync();

    private IEnumerable<JsonElement> Metrics() =>
        from body in Bodies("metrics")
        from resource in List(body.Body, "resource_metrics")
        from scope in List(resource, "scope_metrics")
        from metric in List(scope, "metrics")
        select metric;

    private IEnumerable<(string Protocol, JsonElement Body)> Bodies(string signal) =>
        from line in tool.Lines.Skip(1)
        where line.StartsWith('{')
        let root = JsonDocument.Parse(line).RootElement
        where Text(root, "signal") == signal
        select (Text(root, "protocol"), root.GetProperty("body"));

    private static IEnumerable<JsonElement> List(JsonElement element, string name) =>
        element.TryGetProperty(name, out var list) ? list.EnumerateArray() : [];

    private static Dictionary<string, string> Attributes(JsonElement element) => List(element, "attributes")
        .ToDictionary(a => Text(a, "key"), a => a.TryGetProperty("value", out var v)
            ? v.EnumerateObject().Select(p => p.Value.ToString()).FirstOrDefault("") : "");

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var text) ? text.ToString() : "";

    private static string Hex(string base64) => Convert.ToHexStringLower(Convert.FromBase64String(base64));
}
