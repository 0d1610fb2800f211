using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Tests.Database;

public sealed partial class DurationTests
{
    [TestCase("30s", 30)]
    [TestCase("5m", 300)]
    [TestCase("1h30m", 5400)]
    [TestCase("30d", 2_592_000)]
    [TestCase("1d2h3m4s", 93_784)]
    [TestCase("90m", 5400)]
    [TestCase("0s", 0)]
    [TestCase("36500d", 3_153_600_000)]
    public void Reads_whole_numbers_with_units(string text, long seconds) =>
        Assert.That(Duration.Parse(text), Is.EqualTo(TimeSpan.FromSeconds(seconds)));

    [TestCase("")]
    [TestCase("5")]
    [TestCase("1.5h")]
    [TestCase("500ms")]
    [TestCase("-5m")]
    [TestCase("5 m")]
    [TestCase("30m1h")]
    [TestCase("1h1h")]
    [TestCase("5M")]
    [TestCase("5w")]
    [TestCase("h")]
    [TestCase("36501d")]
    [TestCase("99999999999s")]
    [TestCase("9999999999d")]
    public void Refuses_everything_else(string text) =>
        Assert.That(() => Duration.Parse(text), Throws.TypeOf<FormatException>()
            .With.Message.EqualTo($"'{text}' is not a duration; expected a duration such as 30s, 5m, 1h30m or 30d"));

    [TestCase("500ms", 500)]
    [TestCase("1s500ms", 1_500)]
    [TestCase("1m5ms", 60_005)]
    [TestCase("1.5h", 5_400_000)]
    [TestCase("0.25s", 250)]
    [TestCase("1h30m", 5_400_000)]
    [TestCase("0s", 0)]
    public void Reads_finer_ones_where_they_are_allowed(string text, long milliseconds)
    {
        Assert.That(Duration.TryParseFine(text, out var value), Is.True);
        Assert.That(value, Is.EqualTo(TimeSpan.FromMilliseconds(milliseconds)));
    }

    [TestCase("")]
    [TestCase("500")]
    [TestCase("5ms1s")]
    [TestCase(".5s")]
    [TestCase("5.s")]
    [TestCase("1.2.3s")]
    [TestCase("-5ms")]
    [TestCase("5 ms")]
    [TestCase("5MS")]
    [TestCase("36501d")]
    public void Refuses_everything_else_there_too(string text) => Assert.That(Duration.TryParseFine(text, out _), Is.False);

    [TestCase(30, "30s")]
    [TestCase(5400, "1h30m")]
    [TestCase(86_400, "1d")]
    [TestCase(0, "0s")]
    public void Writes_the_shortest_text_that_reads_back(long seconds, string text) =>
        Assert.That(Duration.Format(TimeSpan.FromSeconds(seconds)), Is.EqualTo(text));

    [Test]
    public void Stands_for_a_time_span_in_JSON()
    {
        Assert.That(JsonSerializer.Deserialize<TimeSpan>("\"1h30m\"", KindSettings.Options), Is.EqualTo(TimeSpan.FromMinutes(90)));
        Assert.That(JsonSerializer.Serialize(TimeSpan.FromMinutes(90), KindSettings.Options), Is.EqualTo("\"1h30m\""));
        Assert.That(() => JsonSerializer.Deserialize<TimeSpan>("\"01:30:00\"", KindSettings.Options), Throws.InstanceOf<JsonException>());
    }

    private const long SecondsMax = 36_500L * 86_400;

    [Test]
    public void Every_duration_reads_back_as_it_was_written() => Gen.Long[0, SecondsMax].Sample(seconds =>
        Duration.Parse(Duration.Format(TimeSpan.FromSeconds(seconds))) == TimeSpan.FromSeconds(seconds), iter: 5000);

    // The pattern is the one editors check job files with; the sum is made here, number by number.
    [Test]
    public void A_text_is_read_when_it_has_the_form_and_only_then() => Gen.OneOf("0", "1", "7", "36500", "99999999999", ".", "-", " ", "", "ms",
        "d", "h", "m", "s", "S").Array[0, 9].Select(string.Concat).Sample(text =>
        {
            var form = Form().Match(text);
            var parts = form.Groups.Values.Skip(1).Where(g => g.Success).ToList();
            var seconds = parts.Aggregate(BigInteger.Zero, (sum, p) => sum + BigInteger.Parse(p.ValueSpan[..^1], CultureInfo.InvariantCulture)
                * p.ValueSpan[^1] switch { 'd' => 86_400, 'h' => 3600, 'm' => 60, _ => 1 });
            var expected = form.Success && seconds <= SecondsMax && parts.TrueForAll(p => p.Length <= 11);
            var read = Duration.TryParse(text, out var value);
            // What is a duration is the same one where finer ones are allowed.
            var alike = Duration.TryParseFine(text, out var fine) && fine == value;
            return read == expected && (!read || (alike && value.TotalSeconds == (double)seconds));
        }, iter: 20_000);

    [GeneratedRegex(@"\A(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?\z")]
    private static partial Regex Form();
}
