using NUnit.Framework;
using Scheduler.TestKit;

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
