using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using NUnit.Framework;

namespace Scheduler.TestKit;

/// <summary>What a test's time goes to besides its own work.</summary>
public enum Spending
{
    /// <summary>Waiting for its share of the machine.</summary>
    Queueing,
    /// <summary>Starting servers, databases and clusters.</summary>
    Starting,
    /// <summary>Waiting for what it expects to happen.</summary>
    Waiting,
}

/// <summary>Counts what tests spend their time on, by fixture. <c>./dev test --slowest</c> prints it.</summary>
public static class TimeSpent
{
    private static readonly ConcurrentDictionary<(string Fixture, Spending On), long> Ticks = new();
    private static readonly AsyncLocal<Span?> Running = new();

    /// <summary>Count the time until the result is disposed. What is counted inside another count is the outer one's alone.</summary>
    public static IDisposable On(Spending spending)
    {
        if (Running.Value is { Ended: false }) { return new Span(null); }
        var span = new Span(spending);
        Running.Value = span;
        return span;
    }

    /// <summary>Write the sums to the file that SCHEDULER_TEST_TIMES names, if it does: fixture, what, seconds, separated by tabs. Each test assembly
    /// calls it at its end.</summary>
    public static void Write()
    {
        if (Environment.GetEnvironmentVariable("SCHEDULER_TEST_TIMES") is not { Length: > 0 } file) { return; }
        File.AppendAllLines(file, Ticks.Select(t => string.Create(CultureInfo.InvariantCulture,
            $"{t.Key.Fixture}\t{t.Key.On.ToString().ToLowerInvariant()}\t{t.Value / (double)Stopwatch.Frequency:0.0}")));
    }

    private sealed class Span(Spending? spending) : IDisposable
    {
        private readonly long started = Stopwatch.GetTimestamp();

        public bool Ended { get; private set; }

        public void Dispose()
        {
            if (Ended || spending is not { } on) { return; }
            Ended = true;
            var fixture = TestContext.CurrentContext.Test.ClassName ?? "";
            Ticks.AddOrUpdate((fixture[(fixture.LastIndexOf('.') + 1)..], on), Stopwatch.GetTimestamp() - started,
                (_, sum) => sum + Stopwatch.GetTimestamp() - started);
        }
    }
}
