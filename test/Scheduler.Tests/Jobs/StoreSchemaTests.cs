using System.Text.Json.Nodes;
using NUnit.Framework;
using Scheduler.Jobs;

namespace Scheduler.Tests.Jobs;

public sealed class StoreSchemaTests
{
    [Test]
    public void The_shapes_the_database_checks_are_those_of_the_records()
    {
        var golden = Path.Combine(TestContext.CurrentContext.TestDirectory, "../../../../sql/functions/scheduler_private.column_schema.sql");
        var made = StoreSchema.ColumnsFile();
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") { File.WriteAllText(golden, made); }
        Assert.That(made, Is.EqualTo(File.ReadAllText(golden)), "scheduler_private.column_schema.sql is old; run ./dev schema, and build again");
    }

    [Test]
    public void Text_is_text_and_what_may_be_empty_may_be_null()
    {
        var query = StoreSchema.Of(SampleKinds.Query)["properties"]!;
        Assert.That(query["statement"]!.ToJsonString(), Is.EqualTo("""{"type":"string"}"""));
        Assert.That(query["database"]!.ToJsonString(), Is.EqualTo("""{"type":["string","null"]}"""));
        Assert.That(query["transaction"]!["enum"]!.ToJsonString(), Is.EqualTo("""["one","each","none"]"""));
    }

    [Test]
    public void A_duration_has_its_ends_in_seconds()
    {
        var cleanup = StoreSchema.Of(SampleKinds.Cleanup);
        Assert.That(cleanup["properties"]!["offline_older_than"]!["duration"]!.ToJsonString(),
            Is.EqualTo("""{"shortest":10,"longest":31536000,"expected":"10s to 365d"}"""));
        Assert.That((JsonArray)cleanup["required"]!, Is.Empty);
    }
}
