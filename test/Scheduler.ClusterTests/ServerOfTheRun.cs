using NUnit.Framework;
using Scheduler.TestKit;

// Most of a cluster test is waiting: for leases to end, for seconds to pass. Two at a time fill two cores.
[assembly: Parallelizable(ParallelScope.Fixtures)]
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
