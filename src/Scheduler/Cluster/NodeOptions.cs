namespace Scheduler.Cluster;

/// <summary>What becomes of a job whose schedule was stored by a build that accepted it, and is refused by this one. Its <c>problem</c> says so in
/// either case.</summary>
public enum RefusedSchedules
{
    /// <summary>It fires on as it was stored, until it is edited.</summary>
    Keep,
    /// <summary>It fires no more.</summary>
    Stop,
}

/// <summary>Settings of one node. From config/scheduler.yaml, then the environment, then flags.</summary>
public sealed record NodeOptions
{
    /// <summary>The node's name, unique among live nodes: letters, digits and <c>. _ -</c>, at most 63 characters.
    /// <see cref="NodeSettings"/> takes the machine's where none is given.</summary>
    public required string Name { get; init; }
    /// <summary>The scheduler's database, in Npgsql's form. No default.</summary>
    public required string ConnectionString { get; init; }
    /// <summary>Other databases jobs may name in <c>database:</c>, name to connection string. Default none.</summary>
    public IReadOnlyDictionary<string, string> Databases { get; init; } = new Dictionary<string, string>();
    /// <summary>Labels of this node, matched by a job's <c>runs_on</c>. Default none.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];
    /// <summary>Runs at a time on this node. Too low and work queues, too high and the database is crowded. Default 20.</summary>
    public int Slots { get; init; } = 20;
    /// <summary>Length of the lease. Too short and a slow network makes a node give up healthy runs; too long and a dead node's runs wait.
    /// Default 4.5 s: a dead node's runs begin elsewhere within 5 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(4.5);
    /// <summary>Time running work gets at a graceful stop before it is cancelled. Default 30 s.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>A node whose clock differs from the database's by more than this stands by. Default 500 ms (design §4.6).</summary>
    public TimeSpan ClockOffsetMax { get; init; } = TimeSpan.FromMilliseconds(500);
    /// <summary>How long the ledger keeps finished runs, by the instant they were due; dropped a day at a time. The same on every node: the
    /// shortest counts. Too short and history, proofs (<c>verify</c>) and keys of <c>run_now</c> are gone early; too long and the disk fills.
    /// At least 1 day. Default 30 days.</summary>
    public TimeSpan KeepRuns { get; init; } = TimeSpan.FromDays(30);
    /// <summary>Time between two rounds of the sweep that looks for drift in Quartz's tables, shared by all nodes. Too short and large
    /// clusters read their jobs all the time; too long and what was changed behind the scheduler's back stays so. Default 30 s.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>What becomes of a job whose stored schedule this build refuses. The same on every node. Default
    /// <see cref="RefusedSchedules.Keep"/>.</summary>
    public RefusedSchedules RefusedSchedules { get; init; } = RefusedSchedules.Keep;
    /// <summary>Who fires due triggers on this node. Nodes of one cluster may differ, and each may change at its next start. Default
    /// <see cref="FireBy.Set"/>.</summary>
    public FireBy Engine { get; init; } = FireBy.Set;
    /// <summary>Folders in which jobs may delete files and write backups and archives, absolute and without links. Default none: no job
    /// may.</summary>
    public IReadOnlyList<string> FileRoots { get; init; } = [];
    /// <summary>Address others reach this node at, shown in its row (setting <c>http.url</c>, else by where it listens). Default none.</summary>
    public string? Url { get; init; }
    /// <summary>What jobs of kind <c>command</c> may do on this node. Default: nothing.</summary>
    public CommandOptions Commands { get; init; } = new();
    /// <summary>What the text of jobs of kind <c>sql</c> may do on this node.</summary>
    public SqlOptions Sql { get; init; } = new();
    /// <summary>Addresses that jobs may call over HTTP although they are not public: networks (<c>10.0.0.0/8</c>), addresses, host names, each with
    /// a port or without (<c>127.0.0.1:8080</c>). Default none: only public addresses.</summary>
    public IReadOnlyList<string> HttpAllow { get; init; } = [];
    /// <summary>What the node tells about itself and the cluster.</summary>
    public TelemetryOptions Telemetry { get; init; } = new();
    /// <summary>The mail server for channels of kind <c>email</c>. Default none: they fail, and say so.</summary>
    public MailOptions Mail { get; init; } = new();
    /// <summary>Names of the secrets these settings are made of; no job may have them. Default none.</summary>
    public IReadOnlyList<string> OwnSecrets { get; init; } = [];
    /// <summary>Folder of job files applied at start, or null for none: the jobs in the database stay as they are.</summary>
    public string? JobsFolder { get; init; }
}

/// <summary>What a node tells about itself and the cluster. Where it is sent to is OpenTelemetry's own: the <c>OTEL_*</c> variables.</summary>
public sealed record TelemetryOptions
{
    /// <summary>Whether <c>/metrics</c> answers and metrics are counted for it. Default yes.</summary>
    public bool Metrics { get; init; } = true;
    /// <summary>Most jobs that have metrics of their own. Too low and jobs beyond it raise no alerts of their own (those with a problem come first);
    /// too high and every scrape carries some 20 series for each job and node. Default 2000.</summary>
    public int JobsMax { get; init; } = 2000;
    /// <summary>Bearer token <c>/metrics</c> asks for. Default none: it answers on a loopback address only.</summary>
    public string? Token { get; init; }
}

/// <summary>What jobs of kind <c>command</c> may do on a node.</summary>
public sealed record CommandOptions
{
    /// <summary>Programs they may start, by absolute path; a path that ends in <c>/</c> stands for the programs in that folder. Default
    /// none.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];
    /// <summary>Whether a job may hand a script to /bin/sh (<c>shell: true</c>). Default no.</summary>
    public bool Shell { get; init; }
    /// <summary>Variables of the node's environment a job may ask for (<c>pass_env</c>). Default none.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];
    /// <summary>Users of the machine a job may run as (<c>user</c>); the node must be root. Default none.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];
    /// <summary>Folder in which each run has a working folder of its own while it lasts; nobody else may write it. Default: the machine's temporary
    /// folder.</summary>
    public string? Folder { get; init; }
    /// <summary>How the small process that watches over a command is started. Default: this program with the argument <c>run-command</c>.</summary>
    public IReadOnlyList<string> Runner { get; init; } = [];
}

/// <summary>What the text of jobs of kind <c>sql</c> may do on a node.</summary>
public sealed record SqlOptions
{
    /// <summary>Whether it may run on the scheduler's own database, with the node's rights: who may edit such a job may do what the node may. No:
    /// every <c>sql</c> job must name one of <c>databases</c>, which has a login of its own. Default yes.</summary>
    public bool OwnDatabase { get; init; } = true;
    /// <summary>Names of databases whose login may be powerful (superuser, role maker, programs and files of the server, the scheduler's own
    /// tables). Any other powerful login is refused. Default none.</summary>
    public IReadOnlyList<string> Trusted { get; init; } = [];
}

/// <summary>How a node sends mail.</summary>
public sealed record MailOptions
{
    private static readonly MimeKit.ParserOptions Addresses = new() { AllowAddressesWithoutDomain = false };

    /// <summary>Host of the mail server. Default none.</summary>
    public string? Server { get; init; }
    /// <summary>Its port. Default 587, submission with STARTTLS (RFC 6409); 465 where TLS comes first (RFC 8314).</summary>
    public int Port { get; init; } = 587;
    /// <summary>Address mails come from. Default none.</summary>
    public string? From { get; init; }
    /// <summary>How the way there is protected. Default <see cref="MailTls.StartTls"/>.</summary>
    public MailTls Tls { get; init; } = MailTls.StartTls;
    /// <summary>Who logs in there. Default none.</summary>
    public string? User { get; init; }
    /// <summary>Its password, sent by the strongest mechanism the server offers. Default none.</summary>
    public string? Password { get; init; }
    /// <summary>Name of the secret that is an OAuth 2.0 access token of the user; it is read anew for every mail, for such tokens live an hour.
    /// Default none.</summary>
    public string? OAuth2Secret { get; init; }

    /// <summary>The address in a text such as <c>ops@example.com</c> or <c>Ops &lt;ops@example.com&gt;</c>; null when it is none.</summary>
    internal static MimeKit.MailboxAddress? Address(string text) =>
        MimeKit.MailboxAddress.TryParse(Addresses, text, out var address) ? address : null;
}

/// <summary>How the way to a mail server is protected. TLS always means: with a certificate this machine trusts, or not at all.</summary>
public enum MailTls
{
    /// <summary>In the clear at first, then TLS by the command STARTTLS.</summary>
    StartTls,
    /// <summary>TLS from the first byte on.</summary>
    Implicit,
    /// <summary>In the clear, for a server on this machine.</summary>
    None,
}

/// <summary>Who a node is to the ledger. A new one with every lease.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="LeaseId">Its present lease; runs are owned by it.</param>
/// <param name="Labels">Its labels.</param>
public sealed record NodeIdentity(string Name, long LeaseId, string[] Labels)
{
    /// <summary>In a job's <c>runs_on</c>: each live node. Every node has it besides its own labels, none may be given it.</summary>
    public const string All = "all";
}

/// <summary>Who fires due triggers. docs/decisions/0007 has why there are two.</summary>
public enum FireBy
{
    /// <summary>Quartz's own loop, one trigger at a time.</summary>
    Quartz,
    /// <summary>The set-based engine, many triggers in one statement; what it does not know goes to Quartz's loop, trigger by trigger.</summary>
    Set,
}
