using System.CommandLine;
using Scheduler.Notifications;

namespace Scheduler.Server.Cli;

/// <summary><c>scheduler incident list|show|ack</c>.</summary>
internal static class IncidentCommands
{
    // Beyond this a terminal is the wrong tool; SQL on scheduler.incident is the right one.
    private const int RowsMax = 1000;

    public static Command Create() => new("incident", "Incidents: what is wrong now, one for each cause") { List(), Show(), Acknowledge() };

    private static void Table(ParseResult parsed, IReadOnlyList<IncidentRow> incidents, string whenEmpty) => Output.Rows(parsed, incidents, whenEmpty,
        new("id", 0, i => i.Id), new("state", 2, i => i.State), new("severity", 1, i => i.Severity), new("title", 0, i => i.Title),
        new("opened_at", 4, i => i.OpenedAt), new("resolved_at", 6, i => i.ResolvedAt),
        new("suppresses", 7, i => i.Suppresses == 0 ? null : i.Suppresses), new("acked_by", 3, i => i.AckedBy),
        new("detail", 5, i => i.Detail, Fit.Cut));

    private static Command List()
    {
        var all = new Option<bool>("--all") { Description = $"Also those that another explains, and those that are over (the latest {RowsMax})" };
        var job = new Option<string?>("--job") { Description = "Only those of this job", HelpName = "NAME" };
        var command = new Command("list", "Open incidents, the gravest first") { all, job }.Asking(table: true);
        command.SetAction(async (parsed, token) =>
        {
            var (every, name) = (parsed.GetValue(all), parsed.GetValue(job));
            var found = await IncidentList.Find(Settings.ConnectionOf(parsed), every, name, RowsMax, token);
            Table(parsed, found, every
                ? Output.NoneOf("incidents", "there was no incident", (job.Name, name))
                : Output.NoneOf("open incidents", "there is no open incident", (job.Name, name)));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show()
    {
        var id = Number();
        var command = new Command("show", "One incident, and those it explains") { id }.Asking(table: true);
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
                Table(parsed, suppressed, "none");
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
