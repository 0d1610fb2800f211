using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Scheduler.Database;
using Scheduler.Kinds.Http;

namespace Scheduler.Notifications;

/// <summary>The requests that say a message to channels over HTTP, kind by kind. Pure functions: nothing is sent here.</summary>
internal static partial class HttpChannels
{
    // api-reference of the Events API v2: a dedup_key has at most 255 characters, a summary 1024.
    private const int DedupKeyMax = 255;
    private const int SummaryMax = 1024;
    // A section's text has at most 3,000 characters (api.slack.com/reference/block-kit/blocks#section).
    private const int SlackTextMax = 2900;
    // healthchecks keeps 100 kB of a ping's body, and shows its beginning.
    private const int PingBodyMax = 10_000;
    private const string PagerDutyUrl = "https://events.pagerduty.com/v2/enqueue";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What is to be sent, in order. Throws <see cref="OperatorException"/> for settings that cannot be used.</summary>
    /// <param name="delivery">The message.</param>
    /// <param name="settings">The channel's settings, secrets filled in.</param>
    /// <param name="now">The instant a signature is made for.</param>
    public static IReadOnlyList<HttpRequest> Requests(Delivery delivery, JsonElement settings, DateTimeOffset now) => delivery.Kind switch
    {
        "webhook" => [Webhook(delivery, settings, now)],
        "slack" => [Slack(delivery, settings)],
        "pagerduty" => [.. PagerDuty(delivery, settings)],
        "ping" => [Ping(delivery, settings)],
        _ => throw new OperatorException($"channel kind '{delivery.Kind}' is not known; expected webhook, slack, pagerduty, email or ping"),
    };

    /// <summary>
    /// The signature of a webhook, as in the Standard Webhooks specification: <c>v1,</c> and the base64 of HMAC-SHA256 over
    /// <c>id.timestamp.body</c>.
    /// </summary>
    /// <param name="secret">The shared secret; one that begins with <c>whsec_</c> is base64 after that, any other stands for its UTF-8 bytes.</param>
    /// <param name="id">The message's dedupe key.</param>
    /// <param name="timestamp">Seconds since 1970.</param>
    /// <param name="body">The body as sent.</param>
    public static string Signature(string secret, string id, long timestamp, string body)
    {
        const string Base64Prefix = "whsec_";
        var key = Encoding.UTF8.GetBytes(secret);
        if (secret.StartsWith(Base64Prefix, StringComparison.Ordinal))
        {
            var given = secret[Base64Prefix.Length..];
            var bytes = new byte[given.Length];
            if (!Convert.TryFromBase64String(given, bytes, out var count)) { throw new OperatorException("the secret is not base64 after 'whsec_'"); }
            key = bytes[..count];
        }
        var text = FormattableString.Invariant($"{id}.{timestamp}.{body}");
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
    }

    private static HttpRequest Webhook(Delivery delivery, JsonElement settings, DateTimeOffset now)
    {
        var body = new JsonObject
        {
            ["type"] = "scheduler." + delivery.What,
            ["id"] = delivery.DedupeKey,
            ["timestamp"] = delivery.Message.At.UtcDateTime.ToString("O"),
            ["summary"] = MessageText.Headline(delivery),
            ["data"] = JsonNode.Parse(delivery.Payload),
        }.ToJsonString(Plain);
        var timestamp = now.ToUnixTimeSeconds();
        var own = new Dictionary<string, string>
        {
            ["webhook-id"] = delivery.DedupeKey,
            ["webhook-timestamp"] = FormattableString.Invariant($"{timestamp}"),
            ["Idempotency-Key"] = delivery.DedupeKey,
        };
        if (Text(settings, "secret") is { } secret) { own["webhook-signature"] = Signature(secret, delivery.DedupeKey, timestamp, body); }
        var headers = settings.TryGetProperty("headers", out var given)
            ? given.EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!)
            : [];
        return new(HttpMethod.Post, Url(settings, null), own, headers, body, "application/json");
    }

    // Also what Mattermost, Rocket.Chat and others take. text is the fallback where blocks are not shown.
    private static HttpRequest Slack(Delivery delivery, JsonElement settings)
    {
        var body = MessageText.Body(delivery);
        var shown = Escape(body.Length <= SlackTextMax ? body : body[..SlackTextMax] + "…");
        var json = new JsonObject
        {
            ["text"] = Escape(MessageText.Headline(delivery)),
            ["blocks"] = new JsonArray(new JsonObject
            {
                ["type"] = "section",
                ["text"] = new JsonObject { ["type"] = "mrkdwn", ["text"] = shown.Length <= SlackTextMax ? shown : shown[..SlackTextMax] },
            }),
        };
        return Post(Url(settings, null), json);
    }

    private static IEnumerable<HttpRequest> PagerDuty(Delivery delivery, JsonElement settings)
    {
        var url = Url(settings, PagerDutyUrl);
        var key = Text(settings, "routing_key");
        var message = delivery.Message;
        if (delivery.What == "digest")
        {
            yield return Post(url, PagerDutyEvent(key, message.Firing > 0 ? "trigger" : "resolve", $"scheduler:digest:{delivery.Channel}",
                MessageText.Headline(delivery), "error", message.At, JsonNode.Parse(delivery.Payload)));
            yield break;
        }
        if (delivery.What != "alerts")
        {
            // A test opens an incident there and closes it at once.
            foreach (var action in (string[])["trigger", "resolve"])
            {
                yield return Post(url, PagerDutyEvent(key, action, $"scheduler:{delivery.What}:{delivery.Channel}", MessageText.Headline(delivery),
                    "info", message.At, null));
            }
            yield break;
        }
        foreach (var alert in message.Alerts)
        {
            var severity = alert.Severity switch { "page" => "critical", "warning" => "error", _ => "info" };
            yield return Post(url, PagerDutyEvent(key, alert.Status == "resolved" ? "resolve" : "trigger", "scheduler:" + alert.Key,
                MessageText.Line(alert), severity, alert.At, JsonNode.Parse(delivery.Payload)!["alerts"]![0]!.DeepClone()));
        }
    }

    private static JsonObject PagerDutyEvent(
        string? routingKey, string action, string dedupKey, string summary, string severity, DateTimeOffset at, JsonNode? details) => new()
        {
            ["routing_key"] = routingKey,
            ["event_action"] = action,
            ["dedup_key"] = dedupKey.Length <= DedupKeyMax ? dedupKey
                : "scheduler:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dedupKey))),
            ["payload"] = new JsonObject
            {
                ["summary"] = summary.Length <= SummaryMax ? summary : summary[..SummaryMax],
                ["source"] = "scheduler",
                ["severity"] = severity,
                ["timestamp"] = at.UtcDateTime.ToString("O"),
                ["custom_details"] = details,
            },
        };

    // The shape of healthchecks: the URL itself for success; /start, /fail or /log after it for the others.
    private static HttpRequest Ping(Delivery delivery, JsonElement settings)
    {
        var alert = delivery.Message.Alerts.Count > 0 ? delivery.Message.Alerts[0] : null;
        var end = alert switch
        {
            null or { Status: "resolved" } or { Event: "success" or "recovery" } => "",
            { Event: "start" } => "/start",
            { Event: "skip" } => "/log",
            _ => "/fail",
        };
        // A slug there has letters, digits, - and _.
        var slug = NotOfSlug().Replace(alert?.Job ?? "scheduler", "-");
        var url = Text(settings, "url")!.Replace("{job}", slug, StringComparison.Ordinal);
        var (path, query) = url.IndexOf('?', StringComparison.Ordinal) is > 0 and var mark ? (url[..mark], url[mark..]) : (url, "");
        var body = MessageText.Body(delivery);
        return new(HttpMethod.Post, Address(path.TrimEnd('/') + end + query), new Dictionary<string, string>(), new Dictionary<string, string>(),
            body.Length <= PingBodyMax ? body : body[..PingBodyMax], "text/plain; charset=utf-8");
    }

    private static HttpRequest Post(Uri url, JsonObject body) => new(HttpMethod.Post, url, new Dictionary<string, string>(),
        new Dictionary<string, string>(), body.ToJsonString(Plain), "application/json");

    private static Uri Url(JsonElement settings, string? otherwise) => Address(Text(settings, "url") ?? otherwise!);

    // Not shown: a channel's URL may be its secret.
    private static Uri Address(string url) =>
        HttpAddress.Parse(url) ?? throw new OperatorException("the channel's url is none; expected http or https, a host, no user in it");

    private static string? Text(JsonElement settings, string name) => settings.TryGetProperty(name, out var value) ? value.GetString() : null;

    // The three characters that mean something there (api.slack.com/reference/surfaces/formatting#escaping).
    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    [GeneratedRegex("[^A-Za-z0-9_-]+")]
    private static partial Regex NotOfSlug();
}
