using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;
using NUnit.Framework;
using Scheduler.Jobs;
using Scheduler.Jobs.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Scheduler.Tests.Jobs;

public sealed partial class JobsSchemaTests
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
        var cleanup = job["allOf"]!.AsArray().First(c => (string?)c!["if"]!["properties"]!["kind"]!["const"] == "fleet.cleanup")!;
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

    private static readonly string Root = Path.Combine(TestContext.CurrentContext.TestDirectory, "../../../..");
    private static readonly JsonSchema Shipped = JsonSchema.FromText(File.ReadAllText(Path.Combine(Root, "config/jobs.schema.json")));

    [Test]
    public void The_schema_is_one_by_its_own_meta_schema()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "config/jobs.schema.json")));
        Assert.That(document.RootElement.GetProperty("$schema").GetString(), Is.EqualTo(MetaSchemas.Draft202012Id.OriginalString));
        var judged = MetaSchemas.Draft202012.Evaluate(document.RootElement, new() { OutputFormat = OutputFormat.List });
        Assert.That(Problems(judged), Is.Empty);
    }

    // What we ship and what we show: an editor must have nothing to say against it.
    [TestCaseSource(nameof(Good))]
    public void Files_that_nodes_take_pass(string yaml) => Assert.That(Judge(yaml), Is.Empty);

    [Test]
    public void What_is_exported_passes_the_schema_of_its_kinds()
    {
        var schema = JsonSchema.FromText(JobsSchema.Generate(SampleKinds.All));
        Assert.That(Judge(JobExport.One(new([JobExportTests.Everything], [], []), SampleKinds.All), schema), Is.Empty);
    }

    // Mistakes an editor is to mark while they are made; what the schema cannot know (a schedule's meaning, a zone's name) is not here.
    [TestCase("job: {}", "/job")]
    [TestCase("jobs: [a]", "/jobs")]
    [TestCase("jobs: { A b: { kind: sql, with: { statement: select 1 } } }", "/jobs/A b")]
    [TestCase("jobs: { a: }", "/jobs/a")]
    [TestCase("jobs: { a: { schedule: '@daily' } }", "/jobs/a")]
    [TestCase("jobs: { a: { kind: sqll } }", "/jobs/a/kind")]
    [TestCase("jobs: { a: { kind: sql } }", "/jobs/a")]
    [TestCase("jobs: { a: { kind: sql, with: { statment: select 1 } } }", "/jobs/a/with/statment")]
    [TestCase("jobs: { a: { kind: sql, with: { statement: [select 1] } } }", "/jobs/a/with/statement")]
    [TestCase("jobs: { a: { kind: sql, ownr: me, with: { statement: select 1 } } }", "/jobs/a/ownr")]
    [TestCase("jobs: { a: { kind: fleet.cleanup, tags: fleet } }", "/jobs/a/tags")]
    [TestCase("jobs: { a: { kind: fleet.cleanup, timeout: 600 } }", "/jobs/a/timeout")]
    [TestCase("jobs: { a: { kind: fleet.cleanup, timeout: 1.5h } }", "/jobs/a/timeout")]
    [TestCase("jobs: { a: { kind: fleet.cleanup, timeout: 30m1h } }", "/jobs/a/timeout")]
    [TestCase("jobs: { a: { kind: fleet.cleanup, overlap: skp } }", "/jobs/a/overlap")]
    [TestCase("jobs: { a: { kind: fleet.cleanup, priority: high } }", "/jobs/a/priority")]
    [TestCase("jobs: { a: { kind: fleet.cleanup, enabled: 'yes' } }", "/jobs/a/enabled")]
    [TestCase("jobs: { a: { kind: fleet.cleanup, with: { batch: 0 } } }", "/jobs/a/with/batch")]
    [TestCase("jobs: { a: { kind: fleet.cleanup, retry: { attempts: 3, backof: fixed } } }", "/jobs/a/retry/backof")]
    [TestCase("jobs: { a: { kind: http, with: { method: POST } } }", "/jobs/a/with")]
    [TestCase("jobs: { 'a-{id}': { kind: fleet.cleanup, for_each: { relation: t }, with: { bach: '{id}' } } }", "/jobs/a-{id}/with/bach")]
    [TestCase("jobs: { 'a-{id}': { kind: sql, for_each: { relation: t }, with: { database: '{id}' } } }", "/jobs/a-{id}/with")]
    [TestCase("channels: { ops: { kind: mail, with: { to: [a@b.example] } } }", "/channels/ops/kind")]
    [TestCase("channels: { ops: { kind: email, with: { to: [] } } }", "/channels/ops/with/to")]
    [TestCase("channels: { ops: { kind: slack, with: { url: ftp://x } } }", "/channels/ops/with/url")]
    [TestCase("calendars: { c: { weekday: [sat] } }", "/calendars/c/weekday")]
    public void Files_with_a_mistake_fail_where_it_is(string yaml, string place) =>
        Assert.That(Judge(yaml), Has.Some.StartsWith(place + ": "));

    [TestCase("jobs: { 'a-{id}': { kind: fleet.cleanup, for_each: { relation: t }, with: { batch: '{id}' } } }",
        Description = "a text that is one {column} keeps its value's type")]
    public void What_rows_fill_in_may_be_a_text_where_a_number_is_wanted(string yaml) => Assert.That(Judge(yaml), Is.Empty);

    private static IEnumerable<TestCaseData> Good()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "config/jobs"), "*.yaml").Order(StringComparer.Ordinal))
        {
            yield return new TestCaseData(File.ReadAllText(file)).SetArgDisplayNames(Path.GetFileName(file));
        }
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md").Order(StringComparer.Ordinal))
        {
            foreach (var (index, block) in YamlBlock().Matches(File.ReadAllText(file)).Index())
            {
                var name = $"{Path.GetFileName(file)} block {(index + 1).ToString(CultureInfo.InvariantCulture)}";
                yield return new TestCaseData(AsFile(block.Groups[1].Value)).SetArgDisplayNames(name);
            }
        }
    }

    // A page may show a job, or a few of its keys, instead of a whole file.
    private static string AsFile(string block)
    {
        var keys = ((YamlMappingNode)Load(block)).Children.Keys.Select(k => ((YamlScalarNode)k).Value).ToList();
        string Indented(string by) => by + block.ReplaceLineEndings("\n" + by);
        return keys.Exists(k => k is "jobs" or "channels" or "calendars") ? block
            : keys.Contains("kind") ? $"jobs:\n  a:\n{Indented("    ")}"
            : block.Contains("kind:", StringComparison.Ordinal) ? $"jobs:\n{Indented("  ")}"
            : $"jobs:\n  a:\n    kind: fleet.cleanup\n{Indented("    ")}";
    }

    private static List<string> Judge(string yaml, JsonSchema? schema = null)
    {
        using var document = JsonDocument.Parse(Json(Load(yaml))?.ToJsonString() ?? "null");
        return Problems((schema ?? Shipped).Evaluate(document.RootElement, new() { OutputFormat = OutputFormat.List }));
    }

    private static List<string> Problems(EvaluationResults judged) => judged.IsValid ? [] :
        [.. from detail in judged.Details ?? [] where detail.Errors is not null
            from error in detail.Errors! select $"{detail.InstanceLocation}: {error.Key} {error.Value}"];

    private static YamlNode Load(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return stream.Documents[0].RootNode;
    }

    // As editors read YAML: its core schema (YAML 1.2.2, 10.3). Not by our own reader, which the schema is to agree with.
    private static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, Json(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
        YamlScalarNode { Style: not ScalarStyle.Plain } quoted => JsonValue.Create(quoted.Value),
        YamlScalarNode { Value: null or "" or "~" or "null" or "Null" or "NULL" } => null,
        YamlScalarNode { Value: "true" or "True" or "TRUE" } => JsonValue.Create(true),
        YamlScalarNode { Value: "false" or "False" or "FALSE" } => JsonValue.Create(false),
        YamlScalarNode { Value: { } text } when Number().IsMatch(text) =>
            JsonValue.Create(decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => throw new InvalidOperationException($"a node of type {node.GetType()}"),
    };

    [GeneratedRegex("^```yaml\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex YamlBlock();

    [GeneratedRegex(@"\A[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Number();
}
