using NUnit.Framework;
using Scheduler.TestKit;

// Every test runs beside the others, in an instance of its own; each cluster waits for its share of the machine (MachineShare). So there are more
// threads here than clusters that fit: a thread waits with its test.
[assembly: Parallelizable(ParallelScope.Children)]
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[assembly: LevelOfParallelism(12)]

// Outside every namespace, so that NUnit runs it for the whole assembly: the server goes before the test host does.
#pragma warning disable CA1050
/// <summary>Stops the PostgreSQL server all tests of this assembly share.</summary>
[SetUpFixture]
public sealed class ServerOfTheRun
{
    /// <summary>At the very end of the run.</summary>
    [OneTimeTearDown]
    public async Task StopServer()
    {
        TimeSpent.Write();
        await TestServer.StopShared();
    }
}
