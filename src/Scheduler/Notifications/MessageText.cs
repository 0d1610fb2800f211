using System.Globalization;
using System.Text;

namespace Scheduler.Notifications;

/// <summary>The words of a message: a headline, and a line or two for each thing it is about.</summary>
internal static class MessageText
{
    // Slack cuts a section at 3,000 characters, a mail's subject is read to some 80.
    private const int HeadlineLengthMax = 200;
    private const int DetailLengthMax = 300;
    private const int NamedInHeadline = 3;

    /// <summary>One line.</summary>
    public static string Headline(Delivery delivery)
    {
        var message = delivery.Message;
        if (delivery.What == "test") { return $"test of channel {message.Channel}, asked for by {message.By}"; }
        if (delivery.What == "heartbeat") { return "the scheduler is alive"; }
        if (delivery.What == "digest") { return Invariant($"{message.Total} further things at once, {message.Firing} of them open"); }
        if (message is { Total: 1, Alerts: [var only] }) { return Cut(Line(only), HeadlineLengthMax); }
        var counts = new List<string>();
        if (message.Open > 0) { counts.Add(Invariant($"{message.Open} open")); }
        if (message.Resolved > 0) { counts.Add(Invariant($"{message.Resolved} resolved")); }
        var other = message.Total - message.Open - message.Resolved;
        if (other > 0) { counts.Add(Invariant($"{other} others")); }
        var named = string.Join(", ", message.Alerts.Take(NamedInHeadline).Select(Line));
        return Cut($"{string.Join(", ", counts)}: {named}{(message.Total > NamedInHeadline ? ", …" : "")}", HeadlineLengthMax);
    }

    /// <summary>The headline, then all things that are listed.</summary>
    public static string Body(Delivery delivery)
    {
        var message = delivery.Message;
        var text = new StringBuilder(Headline(delivery)).Append('\n');
        foreach (var alert in message.Alerts)
        {
            text.Append('\n').Append(alert.Status == "resolved" ? "✔ " : alert.Severity == "page" ? "‼ " : "• ").Append(Line(alert)).Append('\n');
            if (alert is { Status: "open", Event: "incident" } or { Reminder: true })
            {
                text.Append(CultureInfo.InvariantCulture, $"  since {alert.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z\n");
            }
            if (alert.Detail is { } detail) { text.Append("  ").Append(Cut(detail.ReplaceLineEndings(" "), DetailLengthMax)).Append('\n'); }
            if (alert.RunKey is { } run)
            {
                text.Append("  run ").Append(run);
                if (alert.Node is { } node) { text.Append(" on ").Append(node); }
                text.Append('\n');
            }
            if (alert.Owner is { Length: > 0 } owner) { text.Append("  owner ").Append(owner).Append('\n'); }
        }
        if (message.Total > message.Alerts.Count)
        {
            var more = message.Total - message.Alerts.Count;
            text.Append(CultureInfo.InvariantCulture, $"\nand {more} more: see scheduler.incident and scheduler.run\n");
        }
        return text.ToString();
    }

    /// <summary>What one thing is, in a line.</summary>
    public static string Line(MessageAlert alert)
    {
        var line = alert.Title is { } title && alert.Event == "incident" ? (alert.Status == "resolved" ? "over: " : "") + title : Words(alert);
        if (alert.Reminder) { line = "still: " + line; }
        return alert.Flapping ? line + "; it comes and goes, the next word is when it stays as it is" : line;
    }

    private static string Words(MessageAlert alert)
    {
        var times = alert.Happened > 1 ? Invariant($" {alert.Happened} times") : "";
        return (alert.Event, alert.Status) switch
        {
            ("start", _) => $"job {alert.Job} started{times}",
            ("success", _) => $"job {alert.Job} succeeded{times}",
            ("missed", _) => $"job {alert.Job} missed its fire{times}",
            ("skip", _) => $"job {alert.Job} skipped its fire{times}",
            ("lost", _) => $"a run of job {alert.Job} lost its node{times}",
            ("guard", _) => $"the guard of job {alert.Job} stopped it{times}",
            (_, "resolved") when alert.Happened > 0 && alert.Event != "recovery" => $"job {alert.Job} failed{times} and recovered",
            (_, "resolved") => $"job {alert.Job} recovered",
            _ => $"job {alert.Job} {(alert.Verdict == "timed_out" ? "timed out" : "failed")}{times}",
        };
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
