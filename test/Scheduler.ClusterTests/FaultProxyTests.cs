using Npgsql;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>The proxy does to a connection what its modes say; else the tests that use it would pass for nothing.</summary>
[TestFixture]
public sealed class FaultProxyTests
{
    [Test]
    public async Task A_healthy_proxy_passes_everything()
    {
        await using var proxy = FaultProxy.To((await TestServer.Shared()).Port);
        await using var connection = await Open(proxy);
        Assert.That(await Ask(connection), Is.EqualTo(1));
    }

    [Test]
    public async Task What_is_dropped_never_arrives_and_the_connection_is_reset_when_the_cut_ends()
    {
        await using var proxy = FaultProxy.To((await TestServer.Shared()).Port);
        await using var connection = await Open(proxy);
        proxy.Set(FaultMode.Drop);
        var answer = Ask(connection);
        await Until.Pause(TimeSpan.FromMilliseconds(300));   // as long as no answer comes
        Assert.That(answer.IsCompleted, Is.False);

        proxy.Heal();

        await Assert.ThrowsAsync<NpgsqlException>(() => answer);
        await using var next = await Open(proxy);
        Assert.That(await Ask(next), Is.EqualTo(1));
    }

    [Test]
    public async Task What_is_held_arrives_when_the_cut_ends()
    {
        await using var proxy = FaultProxy.To((await TestServer.Shared()).Port);
        await using var connection = await Open(proxy);
        proxy.Set(FaultMode.Hold);
        var answer = Ask(connection);
        await Until.Pause(TimeSpan.FromMilliseconds(300));   // as long as no answer comes
        Assert.That(answer.IsCompleted, Is.False);

        proxy.Heal();

        Assert.That(await answer, Is.EqualTo(1));
    }

    [Test]
    public async Task A_reset_ends_open_connections_and_refuses_new_ones()
    {
        await using var proxy = FaultProxy.To((await TestServer.Shared()).Port);
        await using var connection = await Open(proxy);
        proxy.Set(FaultMode.Reset);

        await Assert.ThrowsAsync<NpgsqlException>(() => Ask(connection));
        await Assert.ThrowsAsync<NpgsqlException>(() => Open(proxy));
    }

    private static async Task<NpgsqlConnection> Open(FaultProxy proxy)
    {
        var settings = new NpgsqlConnectionStringBuilder((await TestServer.Shared()).ConnectionString("postgres"))
        {
            Port = proxy.Port,
            Pooling = false,
            Timeout = 5,
        };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<int> Ask(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("select 1", connection);
        return (int)(await command.ExecuteScalarAsync())!;
    }
}
