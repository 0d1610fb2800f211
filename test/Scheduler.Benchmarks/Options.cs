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
            usage: ./dev bench NAME [--nodes N] [--quick] [--json] [--write-docs] [--rounds N] [--only CONTENDER,…]
              fires      recurring fires a second, saturated, then how late 100 cron fires a second start   [--seconds N] [--schedules N]
                                                                                                            [--saturated-only]
              latency    the second part of fires alone                                                     [--seconds N]
              drain      jobs a second of a queue that appears at once                                      [--count N] [--jobs N]
              runnow     from a request to the start of the job                                             [--requests N]
              takeover   from the kill of a node to the new start of its work                               [--kills N] [--lease 1500ms]
              idle       statements a second and processor share of a node with nothing to do               [--seconds N]
              stored     whether a million stored schedules cost anything       [--seconds N] [--count N] [--as-jobs: declared jobs, too]
              sqljobs    SQL jobs due every second, one row each: rows, exactly once, cost                  [--seconds N] [--jobs N]
              hour       a steady rate for long: rate, lateness, sizes over time                            [--seconds N] [--rate N]
            Each runs on a PostgreSQL of its own. Contenders take turns: vanilla_default, vanilla_tuned_history, ours_stock (our nodes, Quartz's
            loop), ours; hour runs ours alone unless --only names others. --nodes is 3 by default; seconds are those of one measured window.
            --write-docs draws docs/plots/NAME.svg and writes artifacts/bench/NAME.json.
            Exit code 1: something of ours was lost or doubled. 2: wrong usage.
            """);
        return 2;
    }
}
