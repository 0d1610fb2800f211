using System.Text.Json.Nodes;
using NUnit.Framework;
using Scheduler.Jobs.Files;

namespace Scheduler.Tests.Jobs;

/// <summary>Three states in, one out: last applied, file, live.</summary>
public sealed class FieldMergeTests
{
    // last, file, live, merged, what is told
    [TestCase("{a:1}", "{a:1}", "{a:1}", "{a:1}", "")]
    [TestCase("{a:1}", "{a:2}", "{a:1}", "{a:2}", "a Change")]
    [TestCase("{a:1}", "{a:1}", "{a:3}", "{a:3}", "a Keep")]
    [TestCase("{a:1}", "{a:2}", "{a:3}", "{a:2}", "a Replace")]
    [TestCase("{a:1}", "{a:2}", "{a:2}", "{a:2}", "", Description = "both came to the same")]
    [TestCase("{a:1,b:1}", "{a:2,b:1}", "{a:1,b:5}", "{a:2,b:5}", "a Change, b Keep", Description = "different fields do not disturb each other")]
    [TestCase("{a:null}", "{a:null}", "{a:'x'}", "{a:'x'}", "a Keep")]
    [TestCase("{a:'x'}", "{a:null}", "{a:'x'}", "{a:null}", "a Change", Description = "left out of the file: back to the default")]
    [TestCase("{a:[1,2]}", "{a:[1,2,3]}", "{a:[2]}", "{a:[1,2,3]}", "a Replace", Description = "a list is one value")]
    [TestCase("{w:{x:1,y:1}}", "{w:{x:2,y:1}}", "{w:{x:1,y:7}}", "{w:{x:2,y:7}}", "w.x Change, w.y Keep", Description = "maps are merged key by key")]
    [TestCase("{w:{x:1}}", "{w:{x:1}}", "{w:{x:1,z:9}}", "{w:{x:1,z:9}}", "w.z Keep", Description = "a key added in SQL")]
    [TestCase("{w:{x:1,z:1}}", "{w:{x:1}}", "{w:{x:1,z:1}}", "{w:{x:1}}", "w.z Change", Description = "a key the file dropped")]
    [TestCase("{w:{x:1,z:1}}", "{w:{x:1}}", "{w:{x:1,z:4}}", "{w:{x:1}}", "w.z Replace")]
    [TestCase("{w:{x:1,z:1}}", "{w:{x:1,z:1}}", "{w:{x:1}}", "{w:{x:1}}", "w.z Keep", Description = "a key dropped in SQL")]
    [TestCase("{w:{d:{e:1,f:1}}}", "{w:{d:{e:2,f:1}}}", "{w:{d:{e:1,f:3}}}", "{w:{d:{e:2,f:3}}}", "w.d.e Change, w.d.f Keep")]
    [TestCase("{w:null}", "{w:{x:1}}", "{w:null}", "{w:{x:1}}", "w Change")]
    [TestCase("{w:{x:1}}", "{w:null}", "{w:{x:1}}", "{w:null}", "w Change")]
    [TestCase("{a:1.0}", "{a:1}", "{a:1.00}", "{a:1.00}", "", Description = "numbers by value")]
    [TestCase("{w:{x:1,y:2}}", "{w:{y:2,x:1}}", "{w:{x:1,y:2}}", "{w:{y:2,x:1}}", "", Description = "keys in any order")]
    [TestCase("{w:{x:null}}", "{w:{}}", "{w:{x:null}}", "{w:{}}", "", Description = "null is nothing")]
    [TestCase(null, "{a:1,b:2}", "{a:9,b:2}", "{a:1,b:2}", "a Change", Description = "never applied: the file takes all")]
    public void A_field_is_the_files_when_the_file_changed_it_else_its_editors(string? last, string file, string live, string merged, string told) =>
        Expect(last, file, live, force: false, merged, told);

    [TestCase("{a:1}", "{a:1}", "{a:3}", "{a:1}", "a Force")]
    [TestCase("{a:1,b:1}", "{a:2,b:1}", "{a:3,b:4}", "{a:2,b:1}", "a Replace, b Force")]
    [TestCase("{w:{x:1}}", "{w:{x:1}}", "{w:{x:1,z:9}}", "{w:{x:1}}", "w.z Force")]
    [TestCase("{a:1}", "{a:1}", "{a:1}", "{a:1}", "")]
    public void Forced_the_file_takes_every_field(string? last, string file, string live, string merged, string told) =>
        Expect(last, file, live, force: true, merged, told);

    [TestCase("{kind:'a',with:{x:1}}", "{kind:'b',with:{y:1}}", "{kind:'a',with:{x:5}}", "{kind:'b',with:{y:1}}", "kind Change, with Replace")]
    [TestCase("{kind:'a',with:{x:1}}", "{kind:'b',with:{x:1}}", "{kind:'a',with:{x:5}}", "{kind:'b',with:{x:1}}", "kind Change, with Replace")]
    [TestCase("{kind:'a',with:{x:1}}", "{kind:'a',with:{x:1}}", "{kind:'b',with:{y:1}}", "{kind:'b',with:{y:1}}", "kind Keep, with Keep")]
    [TestCase("{kind:'a',with:{x:1}}", "{kind:'a',with:{x:2}}", "{kind:'b',with:{y:1}}", "{kind:'a',with:{x:2}}", "kind Replace, with Replace")]
    [TestCase("{kind:'a',with:{x:1}}", "{kind:'c',with:{x:1}}", "{kind:'b',with:{x:1}}", "{kind:'c',with:{x:1}}", "kind Replace")]
    public void Settings_go_with_their_kind(string? last, string file, string live, string merged, string told) =>
        Expect(last, file, live, force: false, merged, told);

    [Test]
    public void Applying_again_changes_nothing_whatever_the_three_states_were()
    {
        var random = new Random(20261121);
        for (var i = 0; i < 2000; i++)
        {
            var (last, file, live) = (Any(random), Any(random), Any(random));
            foreach (var force in new[] { false, true })
            {
                var (merged, _) = FieldMerge.Of(last, file, live, force);
                var (again, left) = FieldMerge.Of(file, file, merged, force);
                Assert.That(FieldMerge.Same(again, merged), $"{last} {file} {live}");
                Assert.That(left.Select(d => d.Fate), force ? Is.Empty : Is.All.EqualTo(FieldFate.Keep));
            }
        }
    }

    private static JsonObject Any(Random random)
    {
        var map = new JsonObject();
        foreach (var key in "abc") { if (random.Next(3) > 0) { map[$"{key}"] = random.Next(4) == 0 ? Inner(random) : random.Next(3); } }
        return map;
    }

    private static JsonObject Inner(Random random)
    {
        var map = new JsonObject();
        foreach (var key in "xyz") { if (random.Next(2) > 0) { map[$"{key}"] = random.Next(3); } }
        return map;
    }

    private static void Expect(string? last, string file, string live, bool force, string merged, string told)
    {
        var (got, found) = FieldMerge.Of(last is null ? null : Parse(last), Parse(file), Parse(live), force);
        Assert.That(FieldMerge.Same(got, Parse(merged)), $"merged {got.ToJsonString()}");
        Assert.That(string.Join(", ", found.Select(d => $"{d.Field} {d.Fate}")), Is.EqualTo(told));
    }

    // {a:'x'} is easier to read in a test case than its JSON.
    private static JsonObject Parse(string text) => JsonNode.Parse(
        System.Text.RegularExpressions.Regex.Replace(text, @"(?<=[{,])([a-z]+)(?=:)", "\"$1\"").Replace('\'', '"'))!.AsObject();
}
