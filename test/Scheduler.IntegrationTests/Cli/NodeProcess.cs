using System.Diagnostics;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>A real node of one test, <c>scheduler serve</c>, on a free port; killed when disposed.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    // Start and stop take seconds; a busy machine may take many.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly Task<string> errors;
    private readonly Task<string?> listening;

    private NodeProcess(Process process)
    {
        this.process = process;
        errors = process.StandardError.ReadToEndAsync();
        listening = process.StandardOutput.ReadLineAsync();
    }

    public int Pid => process.Id;

    /// <summary>Start one; does not wait.</summary>
    public static NodeProcess Start(TestDatabase db, IReadOnlyDictionary<string, string>? environment = null, params string[] arguments)
    {
        var all = new Dictionary<string, string>(environment ?? new Dictionary<string, string>()) { ["SCHEDULER__CONNECTION"] = db.ConnectionString };
        string[] port = all.ContainsKey("SCHEDULER__HTTP__PORT") ? [] : ["--http-port", "0"];
        return new(Binary.Start(all, ["serve", "--drain", "1s", "--exit-with-stdin", .. port, .. arguments]));
    }

    /// <summary>Wait until it has started; returns its name and where it says it listens.</summary>
    public async Task<(string Name, Uri Url)> Listening()
    {
        var line = await listening.WaitAsync(Limit);
        if (line is null) { Assert.Fail($"the node ended at its start\n{await errors.WaitAsync(Limit)}"); }
        var words = line!.Split(' ');
        Assert.That(words, Has.Length.EqualTo(6), line);     // node NAME is listening on URL
        return (words[1], new Uri(words[5]));
    }

    /// <summary>Stop it in order; returns its exit code and what it logged.</summary>
    public Task<(int ExitCode, string Errors)> Stop()
    {
        process.StandardInput.Close();
        return End();
    }

    /// <summary>Wait for the end it finds by itself; returns its exit code and what it logged.</summary>
    public async Task<(int ExitCode, string Errors)> End()
    {
        await process.WaitForExitAsync().WaitAsync(Limit);
        return (process.ExitCode, await errors.WaitAsync(Limit));
    }

    /// <summary>Kill it as a crash would.</summary>
    public async Task Kill()
    {
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(Limit);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) { await Kill(); }
        process.Dispose();
    }
}
