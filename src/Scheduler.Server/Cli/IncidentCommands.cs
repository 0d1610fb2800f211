using System.CommandLine;
using Scheduler.Notifications;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler incident list|show|ack</c>.</summary>
internal static class IncidentCommands
{
    // Beyond this a terminal is the wrong tool; SQL on scheduler.incident is the right one.
    private const int RowsMax = 1000;

    public static Command Create() => new("incident", "Incidents: what is wrong now, one for each cause") { List(), Show(), Acknowledge() };

    private static void Table(bool json, IReadOnlyList<IncidentRow> incidents, string whenEmpty) => Output.Rows(json, incidents, whenEmpty,
        new("id", i => i.Id), new("state", i => i.State), new("severity", i => i.Severity), new("title", i => i.Title),
        new("detail", i => Short(i.Detail)), new("opened_at", i => i.OpenedAt),
        new("resolved_at", i => i.ResolvedAt), new("suppresses", i => i.Suppresses == 0 ? null : i.Suppresses), new("acked_by", i => i.AckedBy));

    // A table's cell is for recognising what is wrong; 'incident show' has all of it.
    private static string? Short(string? detail) => detail is { Length: > 80 } ? detail[..79] + "…" : detail;

    private static Command List()
    {
        var all = new Option<bool>("--all") { Description = $"Also those that another explains, and those that are over (the latest {RowsMax})" };
        var job = new Option<string?>("--job") { Description = "Only those of this job", HelpName = "NAME" };
        var command = new Command("list", "Open incidents, the gravest first") { all, job }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var found = await IncidentList.Find(Settings.ConnectionOf(parsed), parsed.GetValue(all), parsed.GetValue(job), RowsMax, token);
            Table(parsed.GetValue(Settings.Json), found, parsed.GetValue(all) ? "there was no incident" : "there is no open incident");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show()
    {
        var id = Number();
        var command = new Command("show", "One incident, and those it explains") { id }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var (incident, suppressed) = await IncidentList.Show(Settings.ConnectionOf(parsed), parsed.GetRequiredValue(id), token);
            if (parsed.GetValue(Settings.Json))
            {
                Output.Json(new { incident, suppressed });
                return ExitCode.Ok;
            }
            Output.Record(incident);
            if (suppressed.Count > 0)
            {
                Output.Heading("explains");
                Table(json: false, suppressed, "");
            }
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Acknowledge()
    {
        var id = Number();
        var reason = new Option<string?>("--reason") { Description = "Shown with it", HelpName = "TEXT" };
        var command = new Command("ack", "Take an incident on: nobody is reminded of it; it resolves by itself as before") { id, reason }.Asking();
        command.SetAction(async (parsed, token) =>
        {
            var connection = Settings.ConnectionOf(parsed);
            var first = await IncidentList.Acknowledge(connection, parsed.GetRequiredValue(id), parsed.GetValue(reason), token);
            var incident = (await IncidentList.Show(connection, parsed.GetRequiredValue(id), token)).Incident;
            if (parsed.GetValue(Settings.Json)) { Output.Json(incident); }
            else { Output.Talk(first ? $"incident {incident.Id} is yours" : $"{incident.AckedBy} had acknowledged incident {incident.Id} before"); }
            return ExitCode.Ok;
        });
        return command;
    }

    private static Argument<long> Number() =>
        new Argument<long>("ID") { Description = "The incident's number, as 'incident list' shows it" }.Between(1, long.MaxValue);
}
