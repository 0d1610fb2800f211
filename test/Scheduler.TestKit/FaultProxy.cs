using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Scheduler.TestKit;

/// <summary>What a <see cref="FaultProxy"/> does with what passes through it.</summary>
public enum FaultMode
{
    /// <summary>Pass everything on.</summary>
    Pass,
    /// <summary>Half-open: bytes vanish, sockets stay. A connection that lost bytes is reset when the fault ends, as by a peer that
    /// forgot it.</summary>
    Drop,
    /// <summary>Bytes wait until the fault ends and are delivered then, as TCP's retransmission does after a short cut.</summary>
    Hold,
    /// <summary>Connections are reset, new ones too.</summary>
    Reset,
    /// <summary>Each piece of data is passed on late.</summary>
    Delay,
}

/// <summary>A TCP proxy on loopback that can be told to misbehave, now or at any time: the network's faults for one node.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly TcpListener listener;
    private readonly IPEndPoint target;
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentDictionary<Link, Task> links = new();
    private readonly Task accepting;
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FaultMode mode = FaultMode.Pass;
    private TimeSpan delay;

    private FaultProxy(IPEndPoint target)
    {
        this.target = target;
        listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = Accept();
    }

    /// <summary>Port on 127.0.0.1 that clients connect to.</summary>
    public int Port { get; }
    /// <summary>What it does at present.</summary>
    public FaultMode Mode { get { lock (gate) { return mode; } } }

    /// <summary>Start a proxy for a port of 127.0.0.1.</summary>
    public static FaultProxy To(int port) => new(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>End every fault.</summary>
    public void Heal() => Set(FaultMode.Pass);

    /// <summary>Delay each piece of data by this much from now on.</summary>
    public void Delay(TimeSpan by)
    {
        delay = by;
        Set(FaultMode.Delay);
    }

    /// <summary>Switch to another mode; takes effect at once, on open connections too.</summary>
    public void Set(FaultMode next)
    {
        TaskCompletionSource former;
        lock (gate)
        {
            mode = next;
            former = changed;
            changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        former.SetResult();
        foreach (var link in links.Keys.Where(l => next == FaultMode.Reset || (next != FaultMode.Drop && l.LostBytes))) { link.Abort(); }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Dispose();
        foreach (var link in links.Keys) { link.Abort(); }
        await accepting;
        await Task.WhenAll(links.Values);
        ending.Dispose();
    }

    private async Task Accept()
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptSocketAsync(ending.Token);
                client.NoDelay = true;
                var link = new Link(client);
                links[link] = Serve(link);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException) { /* the listener ended */ }
        }
    }

    private async Task Serve(Link link)
    {
        await Task.Yield();   // so that the caller has noted the link before it ends
        try
        {
            // A new connection during a cut gets no answer; it reaches the server when the cut is over, or is given up by its client.
            while (Mode is FaultMode.Drop or FaultMode.Hold) { await Change(); }
            if (Mode == FaultMode.Reset) { return; }
            await link.Server.ConnectAsync(target, ending.Token);
            await Task.WhenAll(Pump(link, link.Client, link.Server), Pump(link, link.Server, link.Client));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is gone, so is the other.
        }
        finally
        {
            link.Abort();
            links.TryRemove(link, out _);
        }
    }

    private async Task Pump(Link link, Socket from, Socket to)
    {
        var buffer = new byte[BufferBytes];
        while (true)
        {
            var count = await from.ReceiveAsync(buffer, ending.Token);
            if (Mode == FaultMode.Delay) { await Until.Pause(delay, ending.Token); }
            while (Mode == FaultMode.Hold) { await Change(); }
            link.LostBytes |= Mode == FaultMode.Drop;
            if (link.LostBytes)
            {
                // An end of stream does not come through either: the other side's socket stays until the cut is over.
                if (count > 0) { continue; }
                while (Mode == FaultMode.Drop) { await Change(); }
                throw new SocketException((int)SocketError.ConnectionReset);
            }
            if (count == 0)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }
            for (var sent = 0; sent < count;) { sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), ending.Token); }
        }
    }

    private Task Change()
    {
        lock (gate) { return changed.Task.WaitAsync(ending.Token); }
    }

    private sealed class Link(Socket client)
    {
        public Socket Client { get; } = client;
        public Socket Server { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        public bool LostBytes { get; set; }

        // Lingering for no time sends RST instead of FIN.
        public void Abort()
        {
            foreach (var socket in new[] { Client, Server })
            {
                try { socket.LingerState = new LingerOption(true, 0); }
                catch (Exception e) when (e is SocketException or ObjectDisposedException) { /* closed already */ }
                socket.Dispose();
            }
        }
    }
}
