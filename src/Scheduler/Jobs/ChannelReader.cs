using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scheduler.Schedules;

namespace Scheduler.Jobs;

/// <summary>Reads the channels of one file's tree: the key <c>channels</c> beside <c>jobs</c>.</summary>
internal sealed class ChannelReader(string file, Action<long, long, string> report)
{
    /// <summary>Every channel that has no mistake.</summary>
    public IEnumerable<(YamlText Name, ChannelDefinition Channel)> Read(YamlValue value)
    {
        if (value is not YamlMap map)
        {
            if (value is not YamlText { IsNull: true })
            {
                report(value.Line, value.Column, "'channels' is no map; expected channel names, each with its keys");
            }
            yield break;
        }
        foreach (var (name, body) in map.Entries)
        {
            if (Channel(name, body) is { } channel) { yield return (name, channel); }
        }
    }

    private ChannelDefinition? Channel(YamlText name, YamlValue body)
    {
        if (!JobName.IsAllowed(name.Text))
        {
            report(name.Line, name.Column, $"channel name '{name.Text}' is not allowed; expected 1 to 200 lower-case letters, digits and . _ - /");
            return null;
        }
        if (body is not YamlMap map)
        {
            report(body.Line, body.Column, $"channel '{name.Text}' has no keys; expected at least 'kind'");
            return null;
        }
        var places = new Dictionary<string, (YamlValue Key, YamlValue Value)>(StringComparer.Ordinal) { [""] = (name, name) };
        var json = JobReader.Json(map, typeof(ChannelEntry), null, "", places)!.AsObject();
        var settings = map.Find("kind") is YamlText { IsNull: false } kind && KindOf(kind.Text) is { } known ? ChannelSettings.Of(known) : null;
        if (settings is not null && map.Find("with") is { } with) { json["with"] = JobReader.Json(with, settings, null, "with", places); }
        var (entry, problems) = KindSettings.Check(typeof(ChannelEntry), json.ToJsonString());
        var all = problems.ToList();
        if (settings is not null)
        {
            all.AddRange(JobReader.Within("with", KindSettings.Check(settings, json["with"]?.ToJsonString() ?? "{}").Problems));
        }
        foreach (var problem in all)
        {
            var (key, at) = JobReader.Place(places, problem.Path);
            report((problem.AtKey ? key : at).Line, (problem.AtKey ? key : at).Column, problem.Message);
        }
        if (all.Count > 0) { return null; }
        var fine = (ChannelEntry)entry!;
        if (json["with"] is JsonObject given)
        {
            // A key left empty is one that is not there.
            foreach (var (key, _) in given.Where(g => g.Value is null).ToList()) { given.Remove(key); }
            fine = fine with { With = JsonSerializer.SerializeToElement(given) };
        }
        return ChannelDefinition.Of(name.Text, fine, $"{file}:{name.Line.ToString(CultureInfo.InvariantCulture)}");
    }

    private static ChannelKind? KindOf(string text) => ChannelSettings.All
        .Where(k => JsonNamingPolicy.SnakeCaseLower.ConvertName(k.Kind.ToString()) == text).Select(k => (ChannelKind?)k.Kind).FirstOrDefault();
}
