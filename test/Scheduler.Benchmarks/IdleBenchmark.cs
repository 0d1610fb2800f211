using System.Text.Json;
using System.Text.RegularExpressions;

namespace Scheduler.Benchmarks;

/// <summary>What a node costs that has nothing to do: statements a second, BEGIN and COMMIT counted, by the server's own log; and its
/// processor share.</summary>
internal static partial class IdleBenchmark
{
    public static async Task<int> Run(Options options)
    {
        var seconds = options.Number("seconds", 30);
        await using var server = await BenchServer.Start(new() { ["log_statement"] = "all", ["log_line_prefix"] = "%a|" });
        var connection = await server.NewDatabase();
        var nodes = new List<NodeProcess>();
        try
        {
            for (var n = 1; n <= options.Nodes; n++)
            {
                nodes.Add(await NodeProcess.Start("node-ours", "--connection", connection, "--name", $"n{n}", "--out", Path.GetTempFileName()));
            }
            await Task.Delay(TimeSpan.FromSeconds(15));
            var statementsBefore = Count(server.LogFile);
            var processorBefore = nodes.Sum(n => n.ProcessorTime.TotalSeconds);
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            var statements = Count(server.LogFile);
            var processor = nodes.Sum(n => n.ProcessorTime.TotalSeconds) - processorBefore;
            var report = new
            {
                nodes = nodes.Count,
                seconds,
                statements_per_second_per_node =
                    Math.Round((statements.Values.Sum() - statementsBefore.Values.Sum()) / (double)seconds / nodes.Count, 1),
                processor_percent_per_node = Math.Round(processor / seconds / nodes.Count * 100, 2),
                by_pool = statements.ToDictionary(
                    s => s.Key, s => Math.Round((s.Value - statementsBefore.GetValueOrDefault(s.Key)) / (double)seconds, 2)),
            };
            Console.WriteLine(JsonSerializer.Serialize(report, FiresBenchmark.Json));
            return 0;
        }
        finally
        {
            foreach (var node in nodes) { await node.DisposeAsync(); }
        }
    }

    private static Dictionary<string, int> Count(string logFile)
    {
        using var stream = new FileStream(logFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return Statement().Matches(reader.ReadToEnd()).GroupBy(m => m.Groups[1].Value).ToDictionary(g => g.Key, g => g.Count());
    }

    // "statement:" is the simple protocol, "execute name:" the extended one; one line each, whatever the statement's own line breaks.
    [GeneratedRegex(@"^(scheduler [^|]*)\|LOG:\s+(?:statement|execute [^:]*):", RegexOptions.Multiline)]
    private static partial Regex Statement();
}
