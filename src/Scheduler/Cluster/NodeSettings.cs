using System.Collections;
using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Scheduler.Database;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Scheduler.Cluster;

/// <summary>
/// The settings of a node as written: file, then environment, then flags, each laid over the one before. Reading them lists every mistake at
/// once with the place it stands at. Nothing has a default here; <see cref="NodeOptions"/> has.
/// </summary>
public sealed partial class NodeSettings
{
    /// <summary>Every key of <c>config/scheduler.yaml</c>. <c>databases</c> holds names of the operator's own.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        ["connection", "databases", "node.name", "node.labels", "node.slots", "node.lease", "node.drain", "node.clock_offset_max", "node.engine",
            "node.keep_runs", "node.sweep_every", "node.refused_schedules", "node.file_roots", "http.port", "http.address", "http.url", "http.allow",
            "sql.own_database", "sql.trusted", "commands.allow", "commands.shell", "commands.env", "commands.users", "commands.folder",
            "telemetry.metrics", "telemetry.jobs_max", "telemetry.token",
            "mail.server", "mail.from", "mail.tls", "mail.user", "mail.password", "mail.oauth2_token"];

    // Written as a list, or as one text with commas.
    private static readonly string[] Lists =
        ["node.labels", "node.file_roots", "http.allow", "sql.trusted", "commands.allow", "commands.env", "commands.users"];
    private static readonly string[] Sections = ["node", "http", "sql", "commands", "telemetry", "mail"];
    /// <summary>Port of a node's HTTP when no source gives one.</summary>
    public const int DefaultHttpPort = 8080;
    private const string DatabasesPrefix = "databases.";
    private const string EnvironmentPrefix = "SCHEDULER__";
    private const int SlotsMax = 1000;
    // Some 20 series a job: beyond this a scrape is larger than most accept.
    private const int JobsMetricsMax = 20_000;
    // A day is a partition, and a statement on the ledger locks about four relations of each (claim, measured): a year is 1,500 locks a session.
    private const int KeepDaysMax = 366;
    // RFC 8314, section 7.3.
    private const int ImplicitTlsPort = 465;

    private readonly Dictionary<string, Setting> settings = new(StringComparer.Ordinal);
    private readonly List<string> problems = [];
    private readonly HashSet<string> ownSecrets = new(StringComparer.Ordinal);

    /// <summary>Lay a file's settings over these. A mistake is kept for <see cref="Check"/>, with <c>file:line:column</c>.</summary>
    public void AddFile(string path)
    {
        var yaml = new YamlStream();
        try
        {
            using var reader = new StreamReader(path);
            yaml.Load(reader);
        }
        catch (YamlException e)
        {
            problems.Add($"{path}:{e.Start.Line}:{e.Start.Column}: {e.InnerException?.Message ?? e.Message}");
            return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot read {path}: {e.Message}", 2, e);
        }
        if (yaml.Documents is [var document, ..]) { AddNode(path, "", document.RootNode); }
    }

    /// <summary>Lay the environment over these: <c>SCHEDULER__NODE__SLOTS</c> is <c>node.slots</c>, <c>SCHEDULER_MAX_CONCURRENT</c> too;
    /// <c>SCHEDULER_HISTORY_RETENTION</c> is <c>node.keep_runs</c>.</summary>
    public void AddEnvironment(IDictionary environment)
    {
        foreach (var (name, value) in environment.Cast<DictionaryEntry>()
            .Select(e => ((string)e.Key, (string?)e.Value ?? "")).OrderBy(e => e.Item1, StringComparer.Ordinal))
        {
            if (name == "SCHEDULER_MAX_CONCURRENT") { Set("node.slots", value, name); }
            if (name == "SCHEDULER_HISTORY_RETENTION") { Set("node.keep_runs", value, name); }
            if (!name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase)) { continue; }
            var key = name[EnvironmentPrefix.Length..].Replace("__", ".", StringComparison.Ordinal).ToLowerInvariant();
            Set(key, value, name, Keys.Select(k => EnvironmentPrefix + k.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant()));
        }
    }

    /// <summary>Lay one flag over these; null changes nothing.</summary>
    public void AddFlag(string key, string? value, string flag)
    {
        if (value is not null) { Set(key, value, flag); }
    }

    /// <summary>The connection string, secrets filled in, or null when no source gives one.</summary>
    public string? Connection() => settings.TryGetValue("connection", out var s) && s.Text.Length > 0 ? WithSecrets(s) : null;

    /// <summary>Port of the node's HTTP on the loopback address, 0 for a free one; null when no source gives one.</summary>
    public int? HttpPort() => Number("http.port", 0, 65535);

    /// <summary>The address the node's HTTP listens on; null when no source gives one.</summary>
    public IPAddress? HttpAddress()
    {
        if (!settings.TryGetValue("http.address", out var setting)) { return null; }
        if (IPAddress.TryParse(setting.Text, out var address)) { return address; }
        Wrong("http.address", "an IP address of this machine, e.g. 127.0.0.1, or 0.0.0.0 for all");
        return null;
    }

    /// <summary>The address others reach the node's HTTP at, without a slash at its end; null when no source gives one.</summary>
    public string? HttpUrl()
    {
        if (!settings.TryGetValue("http.url", out var setting) || setting.Text.Length == 0) { return null; }
        if (Uri.TryCreate(setting.Text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            && url is { UserInfo: "", Query: "", Fragment: "" })
        {
            return setting.Text.TrimEnd('/');
        }
        Wrong("http.url", "http:// or https:// with a host, and perhaps port and path, e.g. http://node1.example:8080");
        return null;
    }

    /// <summary>The node's name; null when no source gives one.</summary>
    public string? NodeName()
    {
        if (!settings.TryGetValue("node.name", out var setting) || setting.Text.Length == 0) { return null; }
        if (!NamePattern().IsMatch(setting.Text)) { Wrong("node.name", $"1 to {HostName.LengthMax} letters, digits and . _ -"); }
        return setting.Text;
    }

    /// <summary>The options of a node, without the address it is reached at. Its name is the machine's where none is given. Throws
    /// <see cref="OperatorException"/> (2) that lists every mistake.</summary>
    /// <param name="jobsFolder">Folder of job files, or null for none.</param>
    public NodeOptions Options(string? jobsFolder)
    {
        var unset = new NodeOptions { Name = "", ConnectionString = "" };
        if (List("node.labels").Contains(NodeIdentity.All)) { Wrong("node.labels", "labels other than 'all', which every node has"); }
        var options = unset with
        {
            Name = NodeName() ?? HostName.ForNode(Environment.MachineName, 1),
            Labels = List("node.labels"),
            FileRoots = FileRoots(),
            Slots = Number("node.slots", 1, SlotsMax) ?? unset.Slots,
            Lease = Time("node.lease", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)) ?? unset.Lease,
            Drain = Time("node.drain", TimeSpan.Zero, TimeSpan.FromHours(24)) ?? unset.Drain,
            ClockOffsetMax = Time("node.clock_offset_max", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)) ?? unset.ClockOffsetMax,
            KeepRuns = Time("node.keep_runs", TimeSpan.FromDays(1), TimeSpan.FromDays(KeepDaysMax)) ?? unset.KeepRuns,
            SweepEvery = Time("node.sweep_every", TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)) ?? unset.SweepEvery,
            RefusedSchedules = Refused() ?? unset.RefusedSchedules,
            Engine = Engine() ?? unset.Engine,
            ConnectionString = Connection() ?? "",
            Databases = settings.Where(s => s.Key.StartsWith(DatabasesPrefix, StringComparison.Ordinal))
                .ToDictionary(s => s.Key[DatabasesPrefix.Length..], s => WithSecrets(s.Value)),
            JobsFolder = jobsFolder,
            HttpAllow = List("http.allow"),
            Mail = Mail(),
            Sql = new() { OwnDatabase = !settings.ContainsKey("sql.own_database") || Flag("sql.own_database"), Trusted = List("sql.trusted") },
            Telemetry = new()
            {
                Metrics = !settings.ContainsKey("telemetry.metrics") || Flag("telemetry.metrics"),
                JobsMax = Number("telemetry.jobs_max", 0, JobsMetricsMax) ?? unset.Telemetry.JobsMax,
                Token = settings.TryGetValue("telemetry.token", out var token) && token.Text.Length > 0 ? WithSecrets(token) : null,
            },
            Commands = new()
            {
                Allow = List("commands.allow"),
                Shell = Flag("commands.shell"),
                Environment = List("commands.env"),
                Users = List("commands.users"),
                Folder = settings.GetValueOrDefault("commands.folder")?.Text,
            },
        };
        foreach (var program in options.Commands.Allow.Where(p => !p.StartsWith('/')))
        {
            problems.Add($"{settings["commands.allow"].Place}: commands.allow has '{program}'; expected absolute paths, e.g. /usr/bin/rsync");
        }
        if (options.Commands.Folder is { } folder && !folder.StartsWith('/'))
        {
            problems.Add(
                $"{settings["commands.folder"].Place}: commands.folder is '{folder}'; expected an absolute path, e.g. /var/lib/scheduler/work");
        }
        options = options with { OwnSecrets = [.. ownSecrets] };
        HttpPort();
        HttpAddress();
        HttpUrl();
        Check();
        return options;
    }

    /// <summary>Throw <see cref="OperatorException"/> (2) that lists every mistake found so far; do nothing when there is none.</summary>
    public void Check()
    {
        if (problems.Count > 0) { throw new OperatorException(string.Join('\n', problems.Distinct()), 2); }
    }

    private void AddNode(string path, string key, YamlNode node)
    {
        var place = $"{path}:{node.Start.Line}:{node.Start.Column}";
        switch (node)
        {
            case YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "~" or "null" }:
                break;   // a key without a value sets nothing
            case YamlScalarNode scalar when key.Length > 0 && !IsSection(key):
                Set(key, scalar.Value ?? "", place);
                break;
            case YamlSequenceNode list when Lists.Contains(key) && list.Children.All(c => c is YamlScalarNode):
                Set(key, string.Join(',', list.Children.Select(c => ((YamlScalarNode)c).Value)), place);
                break;
            case YamlMappingNode map when key.Length == 0 || IsSection(key):
                foreach (var (name, value) in map.Children)
                {
                    var child = (key.Length == 0 ? "" : key + ".") + (name as YamlScalarNode)?.Value;
                    if (IsKnown(child) || IsSection(child)) { AddNode(path, child, value); }
                    else { Unknown($"{path}:{name.Start.Line}:{name.Start.Column}", child, Keys.Concat(Sections)); }
                }
                break;
            default:
                problems.Add(key.Length == 0 || IsSection(key)
                    ? $"{place}: expected {(key.Length == 0 ? "keys such as connection:, node:, http:" : $"keys below '{key}:'")}"
                    : $"{place}: '{key}' expects one value{(Lists.Contains(key) ? " or a list" : "")}");
                break;
        }
    }

    private void Set(string key, string text, string place, IEnumerable<string>? asWritten = null)
    {
        if (IsKnown(key)) { settings[key] = new(text.Trim(), place); }
        else { Unknown("environment", asWritten is null ? key : place, asWritten ?? Keys); }
    }

    private void Unknown(string place, string key, IEnumerable<string> valid) =>
        problems.Add($"{place}: unknown key '{key}'" + (Spelling.DidYouMean(key, valid) is { Length: > 0 } near
            ? near : $"; known are {string.Join(", ", valid)}"));

    private static bool IsSection(string key) => key == "databases" || Sections.Contains(key);

    private static bool IsKnown(string key) => key.StartsWith(DatabasesPrefix, StringComparison.Ordinal)
        ? key.Length > DatabasesPrefix.Length
        : key != "databases" && Keys.Contains(key, StringComparer.Ordinal);

    private int? Number(string key, int min, int max)
    {
        if (!settings.TryGetValue(key, out var setting)) { return null; }
        if (int.TryParse(setting.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }
        Wrong(key, $"a whole number from {min} to {max}");
        return null;
    }

    private string[] List(string key) =>
        (settings.GetValueOrDefault(key)?.Text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private bool Flag(string key)
    {
        var text = settings.GetValueOrDefault(key)?.Text;
        if (text is not (null or "true" or "false")) { Wrong(key, "true or false"); }
        return text == "true";
    }

    private MailOptions Mail()
    {
        var tls = settings.GetValueOrDefault("mail.tls")?.Text;
        if (tls is not (null or "true" or "false" or "starttls" or "implicit")) { Wrong("mail.tls", "true, starttls, implicit or false"); }
        var server = settings.GetValueOrDefault("mail.server")?.Text.Split(':');
        var port = tls == "implicit" ? ImplicitTlsPort : new MailOptions().Port;
        var hasPort = server is not [_, var text]
            || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and < 65536);
        if (server is not null && (!hasPort || server is not [{ Length: > 0 }] and not [{ Length: > 0 }, _]))
        {
            Wrong("mail.server", "a host, with a port or without, e.g. mail.example:587");
        }
        if (settings.TryGetValue("mail.from", out var from) && MailOptions.Address(from.Text) is null)
        {
            Wrong("mail.from", "a mail address, e.g. scheduler@example.com");
        }
        return WithLogin(new()
        {
            Server = server?[0],
            Port = port,
            From = from?.Text,
            Tls = tls switch
            {
                "false" => MailTls.None,
                "implicit" => MailTls.Implicit,
                null or "true" when port == ImplicitTlsPort => MailTls.Implicit,
                _ => MailTls.StartTls,
            },
        });
    }

    // Half a login would be none, which a server only says when the first mail is due.
    private MailOptions WithLogin(MailOptions mail)
    {
        var (user, password, oauth2) = (settings.GetValueOrDefault("mail.user"), settings.GetValueOrDefault("mail.password"),
            settings.GetValueOrDefault("mail.oauth2_token"));
        if (user is null && (password ?? oauth2) is { } secret)
        {
            problems.Add($"{secret.Place}: mail.{(password is null ? "oauth2_token" : "password")} has no mail.user; expected both");
        }
        if (user is not null && password is null && oauth2 is null)
        {
            problems.Add($"{user.Place}: mail.user has neither mail.password nor mail.oauth2_token; expected one of them");
        }
        if (password is not null && oauth2 is not null)
        {
            problems.Add($"{oauth2.Place}: mail.oauth2_token stands beside mail.password; expected one of them");
        }
        string? name = null;
        if (oauth2 is not null)
        {
            if (SecretPattern().Match(oauth2.Text) is { Success: true } match && match.Length == oauth2.Text.Length)
            {
                name = match.Groups["name"].Value;
                Secret(name, oauth2.Place);
            }
            // Not shown: it may be the token itself.
            else { problems.Add($"{oauth2.Place}: mail.oauth2_token is no reference; expected ${{secret:NAME}}, which is read anew for every mail"); }
        }
        return mail with { User = user?.Text, Password = password is null ? null : WithSecrets(password), OAuth2Secret = name };
    }

    private string[] FileRoots()
    {
        var roots = List("node.file_roots");
        if (roots.Any(r => !Path.IsPathFullyQualified(r) || Path.GetFullPath(r) == Path.GetPathRoot(r)))
        {
            Wrong("node.file_roots", "absolute folders, not the root of the file system");
        }
        return [.. roots.Select(r => Path.TrimEndingDirectorySeparator(Path.GetFullPath(r)))];
    }

    private RefusedSchedules? Refused()
    {
        switch (settings.GetValueOrDefault("node.refused_schedules")?.Text)
        {
            case "keep": return RefusedSchedules.Keep;
            case "stop": return RefusedSchedules.Stop;
            case null: return null;
            default:
                Wrong("node.refused_schedules", "keep or stop");
                return null;
        }
    }

    private FireBy? Engine()
    {
        switch (settings.GetValueOrDefault("node.engine")?.Text)
        {
            case "quartz": return FireBy.Quartz;
            case "set": return FireBy.Set;
            case null: return null;
            default:
                Wrong("node.engine", "quartz or set");
                return null;
        }
    }

    private TimeSpan? Time(string key, TimeSpan min, TimeSpan max)
    {
        if (!settings.TryGetValue(key, out var setting)) { return null; }
        if (Duration.TryParseFine(setting.Text, out var time) && time >= min && time <= max) { return time; }
        Wrong(key, $"a time with its unit, e.g. 500ms, 30s or 1h30m, from {Words(min)} to {Words(max)}");
        return null;
    }

    private void Wrong(string key, string expected) => problems.Add($"{settings[key].Place}: {key} is '{settings[key].Text}'; expected {expected}");

    private static string Words(TimeSpan time) => time switch
    {
        { TotalDays: > 1 } => $"{time.TotalDays:0}d",
        { TotalHours: >= 1 } => $"{time.TotalHours:0}h",
        { TotalMinutes: >= 1 } => $"{time.TotalMinutes:0}m",
        { TotalSeconds: >= 1 } => $"{time.TotalSeconds:0}s",
        _ => $"{time.TotalMilliseconds:0}ms",
    };

    // A secret that is one value of a connection string is quoted when it must be; one that is the whole string stands as it is.
    private string WithSecrets(Setting setting) => SecretPattern().Replace(setting.Text, match =>
    {
        var secret = Secret(match.Groups["name"].Value, setting.Place);
        if (!match.Groups["value"].Success) { return secret; }
        var quoted = new System.Text.StringBuilder();
        DbConnectionStringBuilder.AppendKeyValuePair(quoted, "k", secret);
        return "=" + quoted.ToString()["k=".Length..];
    });

    private string Secret(string name, string place)
    {
        ownSecrets.Add(name);
        if (SecretSource.Find(name, out var looked) is { } value) { return value; }
        problems.Add($"{place}: {looked}");
        return "";
    }

    [GeneratedRegex(@"^[a-zA-Z0-9._-]{1,63}$")]
    private static partial Regex NamePattern();

    // No "/" and no leading dot in a name: it is looked up in a folder and must not leave it.
    [GeneratedRegex(@"(?<value>=)\s*\$\{secret:(?<name>[A-Za-z0-9_-][A-Za-z0-9_.-]*)\}(?=\s*(;|$))"
        + @"|\$\{secret:(?<name>[A-Za-z0-9_-][A-Za-z0-9_.-]*)\}")]
    private static partial Regex SecretPattern();

    private sealed record Setting(string Text, string Place);
}
