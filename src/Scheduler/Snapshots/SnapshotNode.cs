using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Snapshots;

/// <summary>Who copies a snapshot.</summary>
public enum AgentKind
{
    /// <summary>A remote control daemon of rclone (<c>rclone rcd</c>).</summary>
    Rclone,
    /// <summary>Commands of the operator's own, see docs/snapshots.md.</summary>
    Command,
}

/// <summary>What a copy is compared with its source by, once its agent says that it is whole.</summary>
public enum VerifyBy
{
    /// <summary>Each file by its name and size. Default.</summary>
    Sizes,
    /// <summary>How many files there are and how many bytes they have: for folders of very many files.</summary>
    Totals,
    /// <summary>Nothing: the agent's word counts. For sources that change while they are copied.</summary>
    None,
}

/// <summary>Where a node is asked about itself: column <c>endpoints</c> of <c>snapshot.node</c>.</summary>
public sealed record NodeEndpoints
{
    /// <summary>JSON-RPC of ethereum and bitcoin, RPC of cosmos, e.g. <c>http://10.0.0.5:8545</c>. Default none.</summary>
    public string? Rpc { get; init; }
    /// <summary>Beacon API beside an ethereum node, e.g. <c>http://10.0.0.5:5052</c>. Default none: it is not asked.</summary>
    public string? Beacon { get; init; }
    /// <summary>Address that protocol <c>http</c> reads. Default none.</summary>
    public string? Url { get; init; }
    /// <summary>For protocol <c>http</c>: which value of the answer is which column, e.g. <c>height: result.sync.height</c>, a list's first entry
    /// <c>peers[0]</c>. Default none.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();
    /// <summary>Program of protocol <c>command</c>, by its absolute path, and its arguments; it writes one JSON object. Default none.</summary>
    public IReadOnlyList<string> Argv { get; init; } = [];
    /// <summary>Headers of every request; may name <c>${secret:NAME}</c>. Default none.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
    /// <summary>Longest time for one request. Too low and a busy node says nothing; too high and a hanging one holds its upload up. Default
    /// 5s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>Who copies, and how to reach it: column <c>agent</c> of <c>snapshot.node</c>.</summary>
public sealed record AgentSettings
{
    /// <summary><c>rclone</c> or <c>command</c>. No default.</summary>
    [Required]
    public AgentKind Kind { get; init; }
    /// <summary>Where rclone's remote control listens, e.g. <c>http://10.0.0.5:5572</c>. No default.</summary>
    public string? Url { get; init; }
    /// <summary>User of its remote control. Default none.</summary>
    public string? User { get; init; }
    /// <summary>Password of that user, as <c>${secret:NAME}</c>. Default none.</summary>
    public string? Password { get; init; }
    /// <summary>Settings of rclone for this copy by their names in <c>options/get</c>, e.g. <c>Checkers: "8"</c>. Default none.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();
    /// <summary>Command that begins a copy: a program by its absolute path and its arguments. No default.</summary>
    public IReadOnlyList<string> Start { get; init; } = [];
    /// <summary>Command that says how far a copy is. No default.</summary>
    public IReadOnlyList<string> Status { get; init; } = [];
    /// <summary>Command that stops a copy. No default.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];
    /// <summary>Command that lists source and destination. Default none: copies are not verified.</summary>
    public IReadOnlyList<string> List { get; init; } = [];
    /// <summary>Command that removes an old snapshot. Default none: none is removed.</summary>
    public IReadOnlyList<string> Remove { get; init; } = [];
    /// <summary>Longest time for one call. Too low and a busy agent counts as away; too high and one that hangs holds the monitor's pass up.
    /// Default 5s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>How an upload is to behave: column <c>limits</c> of <c>snapshot.node</c>.</summary>
public sealed record NodeLimits
{
    /// <summary>Most bytes a second of this upload, in units of 1024: <c>512k</c>, <c>20M</c>. Default none.</summary>
    [RegularExpression("^[1-9][0-9]{0,8}[kMG]?$", ErrorMessage = "expected bytes a second such as 512k, 20M or 1G")]
    public string? Bandwidth { get; init; }
    /// <summary>Files copied at a time. Default 4.</summary>
    [Range(1, 64)]
    public int Transfers { get; init; } = 4;

    /// <summary>Age of the node's newest block beyond which nothing is uploaded. Default none.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan? HeadAgeMax { get; init; }
    /// <summary>Peers below which nothing is uploaded. Default none.</summary>
    [Range(0, 100_000)]
    public int? PeersMin { get; init; }
    /// <summary>Bytes free on the node's disk below which nothing is uploaded. Default none.</summary>
    [Range(0, 1e18)]
    public long? DiskFreeMin { get; init; }
    /// <summary>Whether a node that is still syncing is uploaded. Default false.</summary>
    public bool AllowSyncing { get; init; }
    /// <summary>Whether a node that does not answer is uploaded. Default false.</summary>
    public bool AllowSilent { get; init; }

    /// <summary>Time without any progress after which an upload has stalled. Too low and the reading of a large file counts as standing still; too
    /// high and a stuck upload is found late. Default 15m.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "7.00:00:00")]
    public TimeSpan StalledAfter { get; init; } = TimeSpan.FromMinutes(15);
    /// <summary>Time without an answer of its agent after which an upload is lost. Too low and an agent's restart on a busy machine loses what it
    /// would have gone on with; too high and a dead agent is told late. Default 15m.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "7.00:00:00")]
    public TimeSpan LostAfter { get; init; } = TimeSpan.FromMinutes(15);
    /// <summary>How often an upload that failed, stalled or was lost is begun again by itself. Default 3.</summary>
    [Range(0, 100)]
    public int Resumes { get; init; } = 3;
    /// <summary>Time until the first of these; it doubles with each, up to an hour. Default 1m.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ResumeAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What a copy is compared with its source by: <c>sizes</c>, <c>totals</c> or <c>none</c>. Default sizes.</summary>
    public VerifyBy Verify { get; init; }
    /// <summary>How many complete snapshots stay; the folders of older ones are removed. Default none: all stay.</summary>
    [Range(1, 10_000)]
    public int? Keep { get; init; }

    /// <summary>The bandwidth in bytes a second, or null.</summary>
    internal long? BandwidthBytes()
    {
        if (Bandwidth is not { Length: > 0 } text) { return null; }
        var unit = text[^1] switch { 'k' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, _ => 1L };
        return long.Parse(unit == 1 ? text : text[..^1], System.Globalization.CultureInfo.InvariantCulture) * unit;
    }
}

/// <summary>A row of <c>snapshot.node</c>, as far as an upload needs it.</summary>
public sealed record SnapshotNode
{
    /// <summary>Its name.</summary>
    public string Name { get; init; } = "";
    /// <summary>How it is asked about itself: <c>ethereum</c>, <c>bitcoin</c>, <c>cosmos</c>, <c>http</c>, <c>command</c>.</summary>
    public string Protocol { get; init; } = "";
    /// <summary>Where.</summary>
    public NodeEndpoints Endpoints { get; init; } = new();
    /// <summary>When it is uploaded.</summary>
    public string Schedule { get; init; } = "";
    /// <summary>What is copied, as the agent names it.</summary>
    public string Source { get; init; } = "";
    /// <summary>Where to, as the agent names it; each upload gets a folder below it.</summary>
    public string Destination { get; init; } = "";
    /// <summary>Who copies.</summary>
    public AgentSettings Agent { get; init; } = new();
    /// <summary>How it is to behave.</summary>
    public NodeLimits Limits { get; init; } = new();
    /// <summary>False: nothing is uploaded.</summary>
    public bool Enabled { get; init; } = true;
}

/// <summary>How rows of schema <c>snapshot</c> are read, and the shapes of the maps in them.</summary>
public static class SnapshotSchema
{
    private static readonly (string Column, Type Type)[] Columns =
        [("endpoints", typeof(NodeEndpoints)), ("agent", typeof(AgentSettings)), ("limits", typeof(NodeLimits))];

    // Columns that a newer schema added are none of ours.
    internal static readonly JsonSerializerOptions Json = new(KindSettings.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    /// <summary>A row that the database gave as JSON.</summary>
    internal static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Json)
        ?? throw new OperatorException($"a row of schema snapshot cannot be read as {typeof(T).Name}");

    /// <summary>The file <c>sql/functions/snapshot.node_schema.sql</c>.</summary>
    public static string File() =>
        "-- The shape of the maps of snapshot.node, for json_problems. Made from the records they are read into: ./dev schema writes it anew.\n"
        + "--   name   the column\n"
        + "create or replace function snapshot.node_schema(name text) returns jsonb\n"
        + "language sql immutable strict parallel safe as $$\n    select case name\n"
        + string.Concat(Columns.Select(c => $"        when '{c.Column}' then '{StoreSchema.Text(c.Type)}'::jsonb\n"))
        + "    end\n$$;\n";
}
