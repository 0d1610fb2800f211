using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scheduler.Jobs.Files;

namespace Scheduler.Jobs;

/// <summary>How a channel tells.</summary>
internal enum ChannelKind
{
    Webhook,
    Slack,
    Pagerduty,
    Email,
    Ping,
}

/// <summary>A channel as a file declares it, key by key: where notifications go. Defaults are those of the table.</summary>
internal sealed record ChannelEntry
{
    /// <summary>How it tells. No default.</summary>
    public required ChannelKind Kind { get; init; }
    public string Description { get; init; } = "";
    /// <summary>Settings of the kind; secrets by reference.</summary>
    public JsonElement? With { get; init; }
    /// <summary>Whether it is told of every incident, whatever jobs say. Default false.</summary>
    public bool Incidents { get; init; }
    /// <summary>Whether it is told anything; what happens while it is not is not made up for. Default true.</summary>
    public bool Enabled { get; init; } = true;
    /// <summary>Calendar of its quiet hours: in the time that leaves out it is told only what has severity page. Default none.</summary>
    [RegularExpression("[a-z0-9._/-]{1,200}")]
    public string? Quiet { get; init; }
    /// <summary>What happens within this time goes in one message. Too long and you hear late. Default 2s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan GroupWait { get; init; } = TimeSpan.FromSeconds(2);
    /// <summary>Least time between two messages. Default 1m.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan GroupInterval { get; init; } = TimeSpan.FromMinutes(1);
    /// <summary>What stays open is told again so often; null: never. Default 4h.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "31.00:00:00")]
    public TimeSpan? RemindEvery { get; init; } = TimeSpan.FromHours(4);
}

/// <summary>Settings of a webhook.</summary>
internal sealed record WebhookSettings
{
    /// <summary>An http or https URL, or a secret.</summary>
    [RegularExpression(@"(https?://|\$\{secret:).*", ErrorMessage = "expected an http or https URL"), MaxLength(2000)]
    public required string Url { get; init; }
    /// <summary>What messages are signed with: ${secret:NAME}. Default none, not signed.</summary>
    [RegularExpression(ChannelSettings.Secret, ErrorMessage = ChannelSettings.SecretExpected)]
    public string? Secret { get; init; }
    /// <summary>Headers of its own. Default none.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }
}

/// <summary>Settings of a webhook that takes Slack's shape.</summary>
internal sealed record SlackSettings
{
    /// <summary>An http or https URL; Slack's own are secrets: ${secret:NAME}.</summary>
    [RegularExpression(@"(https?://(?!hooks\.slack\.com)|\$\{secret:).*",
        ErrorMessage = "expected an http or https URL; Slack's own are secrets: ${{secret:NAME}}")]
    [MaxLength(2000)]
    public required string Url { get; init; }
}

/// <summary>Settings of a PagerDuty service, Events API v2.</summary>
internal sealed record PagerDutySettings
{
    /// <summary>Its integration key: ${secret:NAME}.</summary>
    [RegularExpression(ChannelSettings.Secret, ErrorMessage = ChannelSettings.SecretExpected)]
    public required string RoutingKey { get; init; }
    /// <summary>Where events go. Default PagerDuty's own.</summary>
    [RegularExpression("https?://.*", ErrorMessage = "expected an http or https URL"), MaxLength(2000)]
    public string? Url { get; init; }
}

/// <summary>Settings of mail.</summary>
internal sealed record EmailSettings
{
    /// <summary>The addresses, one mail to all.</summary>
    [MinLength(1), MaxLength(50)]
    public required IReadOnlyList<string> To { get; init; }
    /// <summary>Before each subject. Default [scheduler].</summary>
    [MaxLength(100)]
    public string? SubjectPrefix { get; init; }
}

/// <summary>Settings of a ping in the shape of healthchecks.</summary>
internal sealed record PingSettings
{
    /// <summary>An http or https URL, or a secret; {job} in it stands for the job's name.</summary>
    [RegularExpression(@"(https?://|\$\{secret:).*", ErrorMessage = "expected an http or https URL"), MaxLength(2000)]
    public required string Url { get; init; }
    /// <summary>A ping so often while the scheduler itself lives. Default none.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan? Heartbeat { get; init; }
}

/// <summary>The settings of each kind of channel. The statement that writes a channel judges them too:
/// <c>scheduler_private.channel_schema</c>.</summary>
internal static class ChannelSettings
{
    public const string Secret = @"\$\{secret:[A-Za-z0-9_-][A-Za-z0-9_.-]*\}";
    // A format, in which a brace is two.
    public const string SecretExpected = "expected a secret by reference, ${{secret:NAME}}";

    public static readonly IReadOnlyList<(ChannelKind Kind, Type Type)> All =
    [
        (ChannelKind.Webhook, typeof(WebhookSettings)), (ChannelKind.Slack, typeof(SlackSettings)),
        (ChannelKind.Pagerduty, typeof(PagerDutySettings)), (ChannelKind.Email, typeof(EmailSettings)), (ChannelKind.Ping, typeof(PingSettings)),
    ];

    public static Type Of(ChannelKind kind) => All.Single(k => k.Kind == kind).Type;
}

/// <summary>A row of <c>scheduler.channel</c>.</summary>
public sealed record ChannelDefinition : IFilePart<ChannelDefinition>
{
    /// <summary>Lower-case letters, digits and <c>. _ - /</c>, at most 200 characters.</summary>
    public required string Name { get; init; }
    /// <summary>The keys of a file, all of them: what <see cref="ChannelEntry"/> says, durations as text.</summary>
    public required string Keys { get; init; }
    /// <summary>Where it was declared, <c>file:line</c>, or <c>sql</c>.</summary>
    public string Source { get; init; } = "sql";

    /// <summary>Calendar of its quiet hours, or null.</summary>
    internal string? Quiet => (string?)JobFields.Parse(Keys)["quiet"];

    static string IFilePart<ChannelDefinition>.What => AppliedFile.Channel;

    JsonObject IFilePart<ChannelDefinition>.Fields() => JobFields.Parse(Keys);

    static ChannelDefinition IFilePart<ChannelDefinition>.Of(string name, JsonObject fields, string source) =>
        new() { Name = name, Keys = fields.ToJsonString(), Source = source };

    ChannelDefinition IFilePart<ChannelDefinition>.At(string source) => this with { Source = source };

    /// <summary>The channel an entry of a file declares.</summary>
    internal static ChannelDefinition Of(string name, ChannelEntry entry, string source)
    {
        var keys = JsonSerializer.SerializeToNode(entry, KindSettings.Options)!.AsObject();
        keys["with"] ??= new JsonObject();
        return new() { Name = name, Keys = keys.ToJsonString(), Source = source };
    }

    /// <summary>What is so when a file says nothing.</summary>
    internal static JsonObject Usual()
    {
        var usual = JobFields.Parse(Of("", new() { Kind = ChannelKind.Webhook }, "").Keys);
        usual.Remove("kind");
        return usual;
    }
}
