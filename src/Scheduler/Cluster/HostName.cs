using System.Globalization;

namespace Scheduler.Cluster;

/// <summary>What a node is called that was given no name: as its machine. docs/operating.md says how two of one machine get along.</summary>
public static class HostName
{
    /// <summary>Most characters of a node's name: those of one label of a host's name (RFC 1123 by RFC 1035, 2.3.4).</summary>
    public const int LengthMax = 63;
    /// <summary>Most names that are tried; who runs more nodes than this on a machine names them.</summary>
    public const int NumberMax = 99;
    // A machine without a name has to be called something.
    private const string Nameless = "node";

    /// <summary>The name of a machine's first, second, … node: <c>host</c>, <c>host-2</c>, …, cut to <see cref="LengthMax"/> characters; what a
    /// node's name may not have becomes a hyphen.</summary>
    /// <param name="host">The machine's name.</param>
    /// <param name="number">From 1 to <see cref="NumberMax"/>.</param>
    public static string ForNode(string host, int number)
    {
        var plain = string.Concat((host.Length == 0 ? Nameless : host).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-'));
        var suffix = number == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{number}");
        return plain[..Math.Min(plain.Length, LengthMax - suffix.Length)] + suffix;
    }
}
