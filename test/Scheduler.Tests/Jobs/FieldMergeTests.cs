using System.Text.Json.Nodes;
using CsCheck;
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

    // Maps of a few fields with few values, so that states often agree; a field may be a map itself. As text: a tree has one place only.
    private static readonly Gen<string> Values = Gen.OneOf("0", "1", "2", "null");
    private static readonly Gen<string> States = Map("abc", Gen.Frequency((3, Values), (1, Map("xyz", Values))));

    [Test]
    public void Applying_again_changes_nothing_whatever_the_three_states_were() =>
        Gen.Select(States, States, States, Gen.Bool).Sample((last, file, live, force) =>
        {
            var (merged, _) = FieldMerge.Of(Tree(last), Tree(file), Tree(live), force);
            var (again, left) = FieldMerge.Of(Tree(file), Tree(file), merged, force);
            return FieldMerge.Same(again, merged) && left.All(d => !force && d.Fate == FieldFate.Keep);
        }, iter: 2000);

    [Test]
    public void What_neither_side_changed_stays_and_what_one_side_changed_is_taken() =>
        Gen.Select(States, States).Sample((last, other) =>
            FieldMerge.Same(FieldMerge.Of(Tree(last), Tree(last), Tree(last), force: false).Merged, Tree(last))
                && FieldMerge.Same(FieldMerge.Of(Tree(last), Tree(other), Tree(last), force: false).Merged, Tree(other))
                && FieldMerge.Same(FieldMerge.Of(Tree(last), Tree(last), Tree(other), force: false).Merged, Tree(other)), iter: 2000);

    private static Gen<string> Map(string keys, Gen<string> value) => Gen.Frequency((1, Gen.Const("")), (2, value)).Array[keys.Length].Select(
        values => "{" + string.Join(',', keys.Zip(values).Where(f => f.Second.Length > 0).Select(f => $"\"{f.First}\":{f.Second}")) + "}");

    private static JsonObject Tree(string json) => JsonNode.Parse(json)!.AsObject();

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
