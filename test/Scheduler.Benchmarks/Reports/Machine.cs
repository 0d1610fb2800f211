using System.Globalization;
using System.Runtime.InteropServices;

namespace Scheduler.Benchmarks;

/// <summary>What the figures were measured on: a line that goes below every table and plot.</summary>
internal sealed record Machine(
    string Processor, int Cores, double MemoryGigabytes, string System, string Runtime, string Postgres, string Quartz, string Npgsql)
{
    public static async Task<Machine> Of(BenchServer server) => new(
        ProcessorName(), Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9), RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription, await server.Version(),
        Version(typeof(global::Quartz.IScheduler)), Version(typeof(global::Npgsql.NpgsqlConnection)));

    public string Line => string.Create(CultureInfo.InvariantCulture,
        $"{Cores} cores {Processor}, {MemoryGigabytes:0} GB, PostgreSQL {Postgres}, {Runtime}, Quartz {Quartz}, Npgsql {Npgsql}");

    private static string Version(Type type) => type.Assembly.GetName().Version!.ToString(3);

    private static string ProcessorName()
    {
        const string Info = "/proc/cpuinfo";
        var line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':') + 1)..].Trim();
    }
}
