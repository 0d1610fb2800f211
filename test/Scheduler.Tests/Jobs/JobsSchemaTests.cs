using System.Text.Json.Nodes;
using NUnit.Framework;
using Scheduler.Jobs;

namespace Scheduler.Tests.Jobs;

public sealed class JobsSchemaTests
{
    [Test]
    public void The_schema_editors_use_is_the_one_the_kinds_make()
    {
        var golden = Path.Combine(TestContext.CurrentContext.TestDirectory, "../../../../config/jobs.schema.json");
        var made = JobsSchema.Generate(new KindRegistry(SchedulerServices.BuiltInKinds));
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") { File.WriteAllText(golden, made); }
        Assert.That(made, Is.EqualTo(File.ReadAllText(golden)), "config/jobs.schema.json is old; run ./dev schema");
    }

    [Test]
    public void A_kind_decides_what_stands_under_with()
    {
        var job = JsonNode.Parse(JobsSchema.Generate(SampleKinds.All))!["properties"]!["jobs"]!["additionalProperties"]!;
        var cleanup = job["allOf"]!.AsArray().Single(c => (string?)c!["if"]!["properties"]!["kind"]!["const"] == "fleet.cleanup")!;
        var with = cleanup["then"]!["properties"]!["with"]!;
        Assert.That((bool)with["additionalProperties"]!, Is.False);
        Assert.That(with["properties"]!["batch"]!.ToJsonString(), Is.EqualTo("""{"type":"integer","minimum":1,"maximum":100000,"default":1000}"""));
        Assert.That((string?)with["properties"]!["offline_older_than"]!["default"], Is.EqualTo("30d"));
    }

    [Test]
    public void A_registry_without_kinds_allows_any()
    {
        var job = JsonNode.Parse(JobsSchema.Generate(new KindRegistry([])))!["properties"]!["jobs"]!["additionalProperties"]!;
        Assert.That(job["properties"]!["kind"]!["enum"], Is.Null);
        Assert.That(job["allOf"], Is.Null);
    }
}
