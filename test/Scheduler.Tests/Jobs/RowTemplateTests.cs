using System.Text.Json.Nodes;
using NUnit.Framework;
using Scheduler.Jobs;
using Scheduler.Kinds.Sql;

namespace Scheduler.Tests.Jobs;

/// <summary>What a row makes of a job with for_each.</summary>
public sealed class RowTemplateTests
{
    private const string Row = """{"id": 7, "name": "oslo", "every": "every 5m", "note": null, "text": "it's \"$1\" {id}", "tags": ["a"]}""";

    [Test]
    public void Values_take_the_place_of_columns_and_keep_their_type_where_they_stand_alone()
    {
        var child = Fill("""{"text": "{text}", "list": ["{id}", "n{id}", true], "deep": {"tags": "{tags}"}}""");

        Assert.That(child["name"]!.ToString(), Is.EqualTo("visit-oslo"));
        Assert.That(child["schedule"]!.ToString(), Is.EqualTo("every 5m"));
        var settings = child["settings"]!;
        Assert.That((string?)settings["text"], Is.EqualTo("it's \"$1\" {id}"), "once, and as it is");
        Assert.That(settings["list"]!.ToJsonString(), Is.EqualTo("""[7,"n7",true]"""));
        Assert.That((string?)settings["deep"]!["tags"], Is.EqualTo("""["a"]"""));
    }

    // A tenant's row must not name the node's secrets, alone, in the middle, or together with what stands beside it.
    [TestCase("{v}", "${secret:PGPASSWORD}")]
    [TestCase("http://h/?x={v}&y=1", "${secret:PGPASSWORD}")]
    [TestCase("$%v%", "{secret:PGPASSWORD}")]
    [TestCase("%v%{secret:PGPASSWORD}", "$")]
    [TestCase("{v}", "$${run.key}")]
    [TestCase("{v}", "$$${run.key}")]
    [TestCase("a ${run.key} {v} b", "${run.token}")]
    public void What_a_row_brings_is_never_read_as_a_placeholder(string setting, string value)
    {
        setting = setting.Replace("%v%", "{v}", StringComparison.Ordinal);
        var row = new JsonObject { ["v"] = value, ["name"] = "oslo", ["every"] = "every 5m" };
        var child = Template(new JsonObject { ["text"] = setting }.ToJsonString(), "visit-{name}", "public.site").Fill(row);
        var filled = (string)child["settings"]!["text"]!;
        Assert.That(Placeholders.Fill(filled, name => name == "run.key" && setting.Contains("${run.key}", StringComparison.Ordinal)
                ? "KEY" : throw new AssertionException($"{name} was filled in")),
            Is.EqualTo(setting.Replace("{v}", value, StringComparison.Ordinal).Replace("a ${run.key}", "a KEY", StringComparison.Ordinal)));
    }

    [Test]
    public void A_row_does_not_choose_what_a_placeholder_names() =>
        Assert.That(() => Fill("""{"host": "${secret:{name}}"}"""), Throws.InstanceOf<FormatException>()
            .With.Message.Contains("{name} stands within ${…}, and a row does not choose what is filled in there"));

    [TestCase("""{"statement": "delete from t where id = {id}"}""", "settings: statement holds {id}, and a value is not pasted into SQL")]
    [TestCase("""{"host": "{nmae}"}""", "{nmae} is no column of the relation")]
    [TestCase("""{"host": "{note}.example"}""", "{note} is null")]
    public void What_cannot_be_filled_is_refused(string settings, string message) =>
        Assert.That(() => Fill(settings), Throws.InstanceOf<FormatException>().With.Message.StartsWith(message));

    [Test]
    public void A_name_must_be_the_rows_own_and_plain()
    {
        Assert.That(() => Fill("{}", name: "visit"),
            Throws.InstanceOf<FormatException>().With.Message.StartsWith("the name 'visit' has no {column}"));
        Assert.That(() => Fill("{}", name: "visit-{text}"), Throws.InstanceOf<FormatException>().With.Message.Contains("is not allowed"));
    }

    [TestCase("public.site", "public", "site")]
    [TestCase("site", "public", "site")]
    [TestCase("Site", null, null)]
    [TestCase("a.b.c", null, null)]
    [TestCase("site; drop table site", null, null)]
    [TestCase("\"site\"", null, null)]
    public void A_relation_is_two_plain_names(string relation, string? schema, string? table)
    {
        var template = Template("{}", "visit-{name}", relation);
        if (schema is null) { Assert.That(template.Parts, Throws.InstanceOf<FormatException>()); }
        else { Assert.That(template.Parts(), Is.EqualTo((schema, table))); }
    }

    private static JsonObject Fill(string settings, string name = "visit-{name}") =>
        Template(settings, name, "public.site").Fill((JsonObject)JsonNode.Parse(Row)!);

    private static RowTemplate Template(string settings, string name, string relation) => new(new JsonObject
    {
        ["name"] = name,
        ["kind"] = "of the host's",
        ["schedule"] = "{every}",
        ["time_zone"] = "UTC",
        ["settings"] = JsonNode.Parse(settings),
        ["params"] = new JsonObject(),
        ["for_each"] = new JsonObject { ["relation"] = relation },
    }, new KindRegistry([SqlJob.Kind]));
}
