using NUnit.Framework;
using Scheduler.Server.Cli;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>How texts and tables give way, without a terminal.</summary>
public sealed class TableLayoutTests
{
    [TestCase("a short text", 12, "a short text")]
    [TestCase("a short text", 11, "a short…")]
    [TestCase("a short text", 8, "a short…")]
    [TestCase("a short text", 7, "a…")]
    [TestCase("unbreakable text", 8, "…", Description = "no word fits: no part of one is shown")]
    [TestCase("gpu,production,frankfurt", 16, "gpu,production,…", Description = "items of a list are words")]
    [TestCase("請求書が見つかりません", 9, "請求書が…", Description = "wide characters take two columns, and may end a line")]
    [TestCase("請求書が見つかりません", 10, "請求書が…", Description = "half a character does not fit")]
    public void A_text_is_cut_after_a_word(string text, int width, string expected) =>
        Assert.That(TableLayout.Cut(text, width), Is.EqualTo(expected));

    [TestCase("select count(*) from invoice", 15, "select count(*)|from invoice")]
    [TestCase("{\"statement\":\"delete\"}", 10, "{\"statemen|t\":\"delete|\"}", Description = "a longer word than the line")]
    [TestCase("請求書が見つかりません", 8, "請求書が|見つかり|ません")]
    [TestCase("👩‍💻👩‍💻", 2, "👩‍💻|👩‍💻", Description = "one character of several code points is not broken")]
    public void A_text_is_wrapped_between_words(string text, int width, string expected) =>
        Assert.That(string.Join('|', TableLayout.Wrap(text, width)), Is.EqualTo(expected));

    [Test]
    public void Columns_go_by_rank_and_those_without_a_value_first()
    {
        TableColumn[] columns = [new("id", 0, Fit.Whole), new("third", 3, Fit.Whole), new("second", 2, Fit.Whole), new("first", 1, Fit.Whole)];
        string[][] rows = [["1", "ccccc", "", "aaaaa"]];
        int[] Shown(int width) => [.. new TableLayout(columns, rows, width).Shown];
        Assert.That(Shown(24), Is.EqualTo(new[] { 0, 1, 2, 3 }), "all fit");
        Assert.That(Shown(23), Is.EqualTo(new[] { 0, 1, 3 }), "the empty one goes");
        Assert.That(Shown(15), Is.EqualTo(new[] { 0, 3 }), "then the least important one");
        Assert.That(Shown(1), Is.EqualTo(new[] { 0 }), "a key never");
    }

    [Test]
    public void A_key_too_long_for_its_column_has_a_line_of_its_own_and_never_leaves_the_terminal()
    {
        TableColumn[] columns = [new("id", 0, Fit.Whole), new("title", 0, Fit.Whole), new("state", 1, Fit.Whole)];
        string[][] rows = [["7", "twenty-six letters of a key", "open"], ["8", "short", "open"]];
        var layout = new TableLayout(columns, rows, 30);
        Assert.That(layout.Lines(rows[0]), Is.EqualTo(new PlacedText[][]
        {
            [new(0, 0, "7"), new(1, 3, "twenty-six letters of a key")], [new(2, 11, "open")],
        }));
        Assert.That(layout.Lines(rows[1]), Is.EqualTo(new PlacedText[][] { [new(0, 0, "8"), new(1, 4, "short"), new(2, 11, "open")] }));
    }
}
