using System.Net;
using System.Net.Sockets;

namespace Scheduler.Server.Dev;

/// <summary>Free ports of this machine's loopback address.</summary>
public static class Ports
{
    // Below the range the system takes outgoing connections' ports from (32768 on Linux): a client that tries to reach a stopped
    // server at a port of that range can end up connected to itself and keep the server from coming back.
    private const int First = 20_000;
    private const int Last = 32_000;
    private const int TriesMax = 500;

    /// <summary>A port nobody listens on.</summary>
    public static int Free()
    {
        for (var i = 0; i < TriesMax; i++)
        {
            var port = Random.Shared.Next(First, Last);
            if (IsFree(port)) { return port; }
        }
        throw new IOException($"found no free port between {First} and {Last} in {TriesMax} tries");
    }

    /// <summary>Whether a server could listen on this port right now.</summary>
    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException) { return false; }
    }
}
