using NUnit.Framework;
using Scheduler.TestKit;

// Every test has a database of its own and runs beside the others; half of the time they wait for programs and deadlines.
[assembly: Parallelizable(ParallelScope.Children)]
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[assembly: LevelOfParallelism(4)]

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
