using System.Globalization;

namespace Scheduler.Benchmarks;

/// <summary>Flags of the benchmark program: <c>--name value</c>, or <c>--name</c> alone for yes.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    public int Nodes => Number("nodes", 3);
    public bool Quick => values.ContainsKey("quick");
    public bool Json => values.ContainsKey("json");

    public static Options Parse(string[] args)
    {
        var options = new Options();
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal)) { throw new ArgumentException($"'{args[i]}' is no flag; flags begin with --"); }
            var hasValue = i + 1 < args.Length && !args[i + 1].StartsWith("--", StringComparison.Ordinal);
            options.values[args[i][2..]] = hasValue ? args[++i] : "yes";
        }
        return options;
    }

    public string Text(string name) => values.TryGetValue(name, out var value) ? value : throw new ArgumentException($"--{name} is missing");

    public int Number(string name, int fallback) =>
        values.TryGetValue(name, out var value) ? int.Parse(value, CultureInfo.InvariantCulture) : fallback;

    public bool Has(string name) => values.ContainsKey(name);

    public static int Usage()
    {
        Console.Error.WriteLine("""
            usage: ./dev bench fires [--nodes N] [--quick] [--json]   fires per second, saturated, and lateness of 100 cron fires a second,
                                                                      against vanilla Quartz in the same run on the same server
                   ./dev bench idle  [--nodes N] [--json]             statements a second and processor share of an idle node
            """);
        return 2;
    }
}
