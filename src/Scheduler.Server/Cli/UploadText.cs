using System.Globalization;
using Scheduler.Snapshots;

namespace Scheduler.Server.Cli;

/// <summary>Numbers of an upload as people read them.</summary>
internal static class UploadText
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];

    /// <summary>Bytes in the unit that fits, of 1000.</summary>
    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 999.5 && unit < Units.Length - 1) { (value, unit) = (value / 1000, unit + 1); }
        return $"{value.ToString(unit == 0 || value >= 99.95 ? "0" : "0.0", CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    /// <summary>How much of it is done, or nothing while that is not known.</summary>
    public static string Done(UploadListRow upload) =>
        upload.BytesTotal is null && upload.State is not "completed" ? "" : string.Create(CultureInfo.InvariantCulture, $"{upload.Percent:0.0}%");

    /// <summary>Time left.</summary>
    public static string? Eta(TimeSpan? eta) => eta switch
    {
        null => null,
        { TotalHours: >= 1 } long_ => string.Create(CultureInfo.InvariantCulture, $"{(int)long_.TotalHours}h{long_.Minutes:00}m"),
        { TotalMinutes: >= 1 } some => string.Create(CultureInfo.InvariantCulture, $"{some.Minutes}m{some.Seconds:00}s"),
        { } short_ => string.Create(CultureInfo.InvariantCulture, $"{short_.Seconds}s"),
    };

    /// <summary>One upload on one line.</summary>
    public static string Line(UploadListRow u)
    {
        var parts = new List<string> { $"upload {u.Id}", u.Node, u.State };
        if (Done(u) is { Length: > 0 } done)
        {
            parts.Add($"{done} ({Bytes(u.Bytes)}{(u.BytesTotal is { } total ? " of " + Bytes(total) : "")})");
        }
        if (u.RateBytes is { } rate) { parts.Add(Bytes(rate) + "/s"); }
        if (Eta(u.Eta) is { } eta) { parts.Add("eta " + eta); }
        if (u.VerifiedAt is not null) { parts.Add("verified"); }
        if ((u.Problem ?? u.Reason) is { } why) { parts.Add(why); }
        if (u.ResumeAt is { } at) { parts.Add(string.Create(CultureInfo.InvariantCulture, $"resumed at {at:yyyy-MM-dd'T'HH:mm:ss'Z'}")); }
        return Output.OneLine(string.Join("  ", parts));
    }
}
