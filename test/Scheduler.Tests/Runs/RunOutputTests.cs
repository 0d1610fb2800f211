using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Runs;

namespace Scheduler.Tests.Runs;

public sealed class RunOutputTests
{
    private static readonly RunRow Run = new("a@2026-11-21T00:00:00Z", "a", default, Token: 1, Attempts: 1, Version: 1, Owner: 1);

    [Test]
    public void Lines_come_with_their_stream_and_number()
    {
        var output = Output();
        output.Write(OutputSource.Out, "one\r\ntwo\n");
        output.Write(OutputSource.Error, "three");
        var (chunks, _) = output.Take();
        Assert.That(chunks, Has.Count.EqualTo(1));
        Assert.That(chunks[0].LineCount, Is.EqualTo(3));
        Assert.That(chunks[0].Lines.Split('\n').Select(l => l[0] + l[l.IndexOf(' ', StringComparison.Ordinal)..]),
            Is.EqualTo(new[] { "o one", "o two", "e three" }));
    }

    [Test]
    public void What_was_taken_is_offered_again_until_it_is_written()
    {
        var output = Output();
        output.Write(OutputSource.Out, "one");
        var first = output.Take().Chunks;
        output.Write(OutputSource.Out, "two");
        Assert.That(output.Take().Chunks, Is.SameAs(first));
        Assert.That(output.Written(), Is.False);
        Assert.That(output.Take().Chunks[0].FirstLine, Is.EqualTo(2));
    }

    [Test]
    public void Of_a_flood_the_head_and_the_tail_are_kept_within_their_limits()
    {
        var output = Output();
        for (var i = 1; i <= 100_000; i++) { output.Write(OutputSource.Out, $"line {i} {new string('x', 90)}"); }
        output.Close();
        var (chunks, _) = output.Take();
        Assert.That(chunks, Has.Count.EqualTo(2));
        Assert.That(chunks[0].FirstLine, Is.EqualTo(1));
        Assert.That(chunks[0].Bytes, Is.InRange(RunOutput.HeadMax - 200, RunOutput.HeadMax));
        Assert.That(chunks[1].Bytes, Is.InRange(RunOutput.TailMax - 200, RunOutput.TailMax));
        Assert.That(chunks[1].FirstLine + chunks[1].LineCount - 1, Is.EqualTo(100_000));
        Assert.That(chunks[1].BytesBefore + chunks[1].Bytes, Is.EqualTo(Enumerable.Range(1, 100_000).Sum(i => $"line {i} ".Length + 91L)));
    }

    [Test]
    public void Tails_written_before_are_pushed_out_by_later_ones()
    {
        var time = new FakeTimeProvider();
        var output = new RunOutput(Run, 1, null, new Redactor(), time);
        for (var i = 0; i < 20; i++) { output.Write(OutputSource.Out, new string('h', 8000)); }
        var (written, gone) = (new List<OutputChunk>(), new List<long>());
        for (var round = 0; round < 10; round++)
        {
            for (var i = 0; i < 10; i++) { output.Write(OutputSource.Out, new string('t', 8000)); }
            time.Advance(TimeSpan.FromSeconds(10));          // a tail is due
            var (chunks, pushedOut) = output.Take();
            written.AddRange(chunks);
            gone.AddRange(pushedOut);
            output.Written();
        }
        var kept = written.Where(c => !gone.Contains(c.FirstLine)).Sum(c => c.Bytes);
        Assert.That(kept, Is.InRange(RunOutput.HeadMax + RunOutput.TailMax - 20_000, RunOutput.HeadMax + (3 * RunOutput.TailMax)));
        Assert.That(gone, Is.Not.Empty);
        Assert.That(gone, Does.Not.Contain(1L), "the head stays");
    }

    [Test]
    public void A_long_line_is_cut_and_says_so_and_a_secret_in_it_is_not_cut_in_two()
    {
        var redactor = new Redactor();
        redactor.Add("S", "sEcReT-sEcReT");
        var output = new RunOutput(Run, 1, null, redactor, TimeProvider.System);
        output.Write(OutputSource.Out, new string('x', RunOutput.LineMax - 5) + "sEcReT-sEcReT" + new string('y', 100));
        var text = output.Take().Chunks[0].Lines;
        Assert.That(text, Does.Contain("more characters)").And.Not.Contain("sEc"));
    }

    private static RunOutput Output() => new(Run, 1, null, new Redactor(), TimeProvider.System);
}
