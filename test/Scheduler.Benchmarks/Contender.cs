namespace Scheduler.Benchmarks;

/// <summary>Who takes part in a benchmark.</summary>
/// <param name="Name">Key in the JSON.</param>
/// <param name="Title">What a reader is told.</param>
/// <param name="IsOurs">Whether our product runs, or Quartz alone.</param>
/// <param name="NodeArgs">What starts one of its nodes.</param>
internal sealed record Contender(string Name, string Title, bool IsOurs, params string[] NodeArgs)
{
    public static readonly Contender VanillaDefault = new("vanilla_default", "Quartz, default", false, "node-vanilla");
    public static readonly Contender VanillaTuned = new("vanilla_tuned_history", "Quartz, tuned, history", false, "node-vanilla", "--tuned");
    public static readonly Contender OursStock = new("ours_stock", "ours, Quartz's loop", true, "node-ours", "--stock");
    public static readonly Contender Ours = new("ours", "ours", true, "node-ours", "--set");

    /// <summary>The four that take part in most benchmarks, the slowest first.</summary>
    public static readonly IReadOnlyList<Contender> Usual = [VanillaDefault, VanillaTuned, OursStock, Ours];

    /// <summary>What sets it apart from the contender it was made of; it is compared with others of the same variant.</summary>
    public string Variant { get; private init; } = "";

    /// <summary>The same with further arguments, under a name of its own.</summary>
    public Contender With(string variant, params string[] more) =>
        new($"{Name}_{variant}", $"{Title}, {variant}", IsOurs, [.. NodeArgs, .. more]) { Variant = variant };

    /// <summary>Those that <c>--only a,b</c> names, or all.</summary>
    public static IReadOnlyList<Contender> Chosen(Options options, IReadOnlyList<Contender> all)
    {
        if (!options.Has("only")) { return all; }
        var names = options.Text("only").Split(',');
        var unknown = names.Where(n => all.All(c => c.Name != n)).ToList();
        return unknown.Count == 0
            ? [.. all.Where(c => names.Contains(c.Name))]
            : throw new ArgumentException($"--only {unknown[0]}: expected one or more of {string.Join(", ", all.Select(c => c.Name))}");
    }
}
