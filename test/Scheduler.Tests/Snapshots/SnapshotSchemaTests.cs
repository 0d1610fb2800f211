using NUnit.Framework;
using Scheduler.Snapshots;

namespace Scheduler.Tests.Snapshots;

public sealed class SnapshotSchemaTests
{
    [Test]
    public void The_shapes_the_database_checks_are_those_of_the_records()
    {
        var golden = Path.Combine(TestContext.CurrentContext.TestDirectory, "../../../../sql/functions/snapshot.node_schema.sql");
        var made = SnapshotSchema.File();
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") { File.WriteAllText(golden, made); }
        Assert.That(made, Is.EqualTo(File.ReadAllText(golden)), "snapshot.node_schema.sql is old; run ./dev schema, and build again");
    }

    [TestCase(null, ExpectedResult = null)]
    [TestCase("100", ExpectedResult = 100L)]
    [TestCase("512k", ExpectedResult = 524_288L)]
    [TestCase("20M", ExpectedResult = 20_971_520L)]
    public long? A_bandwidth_is_bytes_a_second_in_units_of_1024(string? text) => new NodeLimits { Bandwidth = text }.BandwidthBytes();
}
