using NUnit.Framework;
using Scheduler.TestKit;

// Those that mostly wait for leases and deadlines go two at a time; those that need the machine have it alone.
[assembly: LevelOfParallelism(2)]

// Outside every namespace, so that NUnit runs it for the whole assembly: the server goes before the test host does.
#pragma warning disable CA1050
/// <summary>Stops the PostgreSQL server all tests of this assembly share.</summary>
[SetUpFixture]
public sealed class ServerOfTheRun
{
    /// <summary>At the very end of the run.</summary>
    [OneTimeTearDown]
    public Task StopServer() => TestServer.StopShared();
}
