using Quartz;

namespace Scheduler.Jobs;

/// <summary>One kind of work: a name operators write, the class that does it, the record its settings are read into.</summary>
/// <param name="Name">Name in <c>kind:</c>, e.g. <c>fleet.reclaim</c>.</param>
/// <param name="JobType">Class implementing <see cref="IJob"/>; built by dependency injection for each attempt, given its settings record
/// and its <c>RunScope</c>.</param>
/// <param name="SettingsType">Record the job's <c>with</c> is read into: snake_case keys, unknown keys refused, defaults from its
/// initialisers.</param>
/// <param name="OnLost">What happens by default to a run whose node died.</param>
/// <param name="Summary">One line for lists and the JSON schema.</param>
public sealed record Kind(string Name, Type JobType, Type SettingsType, OnLost OnLost, string Summary);

/// <summary>The closed list of kinds this process can run. Names are looked up here and nowhere else; no type is ever made from a string
/// of an operator.</summary>
public sealed class KindRegistry(IEnumerable<Kind> kinds)
{
    private readonly SortedDictionary<string, Kind> byName = new(kinds.ToDictionary(k => k.Name), StringComparer.Ordinal);

    /// <summary>All kinds in the order of their names.</summary>
    public IReadOnlyCollection<Kind> All => byName.Values;

    /// <summary>The kind of that name, or null.</summary>
    public Kind? Find(string name) => byName.GetValueOrDefault(name);
}
