using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Scheduler.Database;

namespace Scheduler.Kinds.Http;

/// <summary>
/// Says which addresses jobs may connect to: public ones, and what the node's settings allow beside them (<c>http.allow</c>). Asked about the very
/// address a connection is made to, so that no name can be public when it is looked up and private when it is used.
/// </summary>
/// <param name="allow">Networks, addresses and host names, each with a port or without.</param>
/// <param name="lookUp">Tells the addresses of a name; by default the system's resolver.</param>
public sealed class AddressGuard(IReadOnlyList<string> allow, Func<string, CancellationToken, Task<IPAddress[]>>? lookUp = null)
{
    // IANA's special-purpose registries (RFC 6890 and later): whatever is not a host on the public internet.
    private static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/127", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10",
            "ff00::/8",
        }.Select(n => IPNetwork.Parse(n)),
    ];
    // Addresses that carry an IPv4 address in them, and where: a gateway on the way would deliver to that one.
    private static readonly (IPNetwork Network, int At)[] Carriers =
    [
        (IPNetwork.Parse("::/96"), 12), (IPNetwork.Parse("64:ff9b::/96"), 12), (IPNetwork.Parse("2002::/16"), 2),
    ];

    private readonly Rule[] rules = [.. allow.Select(Parse)];
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> lookUp = lookUp ?? Dns.GetHostAddressesAsync;

    /// <summary>Whether a connection to this address may be made.</summary>
    /// <param name="host">The host as the URL names it.</param>
    /// <param name="address">The address it stands for.</param>
    /// <param name="port">The port.</param>
    public bool Allows(string host, IPAddress address, int port)
    {
        var bare = Bare(address);
        return !NotPublic.Any(n => n.Contains(bare)) || rules.Any(r => r.Fits(host, bare, port));
    }

    /// <summary>
    /// Connect to a host, to the first of its addresses that is allowed and answers. Throws <see cref="OperatorException"/> when none is allowed.
    /// </summary>
    public async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken token)
    {
        var (host, port) = (context.DnsEndPoint.Host.Trim('[', ']'), context.DnsEndPoint.Port);
        // An address is not looked up: of "0.0.0.0" a look-up says that it is no host, which is not the point.
        var addresses = IPAddress.TryParse(host, out var itself) ? [itself] : await lookUp(host, token);
        var allowed = addresses.Where(a => Allows(host, a, port)).ToArray();
        if (allowed.Length == 0)
        {
            throw new OperatorException(string.Create(CultureInfo.InvariantCulture, $"'{host}' port {port} is {Words(addresses)}, ")
                + "which jobs on this node may not call: it is not a public address, and http.allow in the node's settings does not name it");
        }
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Words(IPAddress[] addresses) =>
        addresses.Length == 0 ? "no address" : string.Join(", ", addresses.Take(4).Select(a => a.ToString()));

    private static IPAddress Bare(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6) { return address; }
        // Never asked of an IPNetwork, which takes an IPv4 address in an IPv6 one for either, as it likes.
        if (address.IsIPv4MappedToIPv6) { return address.MapToIPv4(); }
        var bytes = address.GetAddressBytes();
        var plain = new IPAddress(bytes);      // without a scope
        foreach (var (network, at) in Carriers)
        {
            if (network.Contains(plain) && !IPNetwork.Parse("::/127").Contains(plain)) { return new IPAddress(bytes.AsSpan(at, 4)); }
        }
        return plain;
    }

    private static Rule Parse(string text)
    {
        // "[::1]:8080", "127.0.0.1:8080", "host:8080"; a bare IPv6 address has several colons and no port.
        var colon = text.LastIndexOf(':');
        var hasPort = colon > 0 && (text[colon - 1] == ']' || text.IndexOf(':') == colon);
        var port = 0;
        if (hasPort && !int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port)) { throw Wrong(text); }
        var host = (hasPort ? text[..colon] : text).TrimStart('[').TrimEnd(']');
        if (IPNetwork.TryParse(host, out var network)) { return new(null, network, port); }
        if (IPAddress.TryParse(host, out var address)) { return new(null, new IPNetwork(address, address.GetAddressBytes().Length * 8), port); }
        return Uri.CheckHostName(host) == UriHostNameType.Dns ? new(host, null, port) : throw Wrong(text);
    }

    private static OperatorException Wrong(string text) =>
        new($"http.allow has '{text}'; expected a network such as 10.0.0.0/8, an address or a host name, with a port such as :8080 or without", 2);

    private sealed record Rule(string? Host, IPNetwork? Network, int Port)
    {
        public bool Fits(string host, IPAddress address, int port) => (Port == 0 || Port == port)
            && (Network?.Contains(address) ?? string.Equals(Host, host, StringComparison.OrdinalIgnoreCase));
    }
}
