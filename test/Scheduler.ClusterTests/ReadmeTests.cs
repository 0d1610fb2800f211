using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Scheduler.Server.Dev;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>
/// What the README tells a newcomer to type, typed in its order: every block of <c>sh</c> and <c>sql</c>, as written. <c>./dev up</c> and
/// <c>./dev node</c> go on beside the others; <c>./dev test</c> is what runs this.
/// </summary>
[TestFixture, Platform("Linux")]
public sealed partial class ReadmeTests
{
    private static readonly TimeSpan UpMax = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan BlockMax = TimeSpan.FromMinutes(5);

    private readonly string data = Directory.CreateTempSubdirectory("scheduler-readme-").FullName;

    [TearDown]
    public void DropData() => Directory.Delete(data, recursive: true);

    [Test]
    public async Task Every_block_of_the_readme_does_what_it_says()
    {
        using var share = await MachineShare.Take(5);
        var blocks = Blocks().Matches(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md")))
            .Select(m => (Language: m.Groups[1].Value, Text: m.Groups[2].Value)).ToList();
        Assert.That(blocks.Select(b => b.Language), Is.All.AnyOf("sh", "sql"), "only what can be run");
        Assert.That(blocks, Has.Count.GreaterThan(5));
        Assert.That(blocks[0].Text.Split('\n').Select(l => l.Split('#')[0].Trim()).Where(l => l.Length > 0), Is.EqualTo(["./dev up", "./dev test"]));

        await using var up = new Shell("exec ./dev up", data);
        await up.Says("Ctrl-C", UpMax);
        Shell? node = null;
        try
        {
            foreach (var (language, text) in blocks.Skip(1))
            {
                if (text.Trim() == "./dev node")
                {
                    node = new Shell("exec " + text.Trim(), data);
                    await node.Says("is listening on", UpMax);
                    continue;
                }
                await using var shell = language == "sh" ? new Shell("set -e\n" + text, data) : new Shell("./dev psql -v ON_ERROR_STOP=0", data, text);
                var exitCode = await shell.Ends(BlockMax);
                Assert.That(exitCode, Is.Zero, $"{text}\n--- said\n{shell.Said}\n--- ./dev up said\n{up.Said}");
                Expect(text, shell.Said);
            }
            await using var after = new Shell("./dev psql -qAtc \"select settings ->> 'statement' from scheduler.job where name = 'expire-sessions'\"", data);
            await after.Ends(BlockMax);
            Assert.That(after.Said, Does.Contain("public.session where"), "undo brought back the statement that worked");
        }
        finally
        {
            if (node is not null) { await node.DisposeAsync(); }
        }
    }

    private static void Expect(string block, string said)
    {
        var refused = block.Split('\n').Count(l => l.Contains("-- refused", StringComparison.Ordinal));
        Assert.That(Regex.Count(said, "ERROR:"), Is.EqualTo(refused), $"{block}\n--- said\n{said}");
        foreach (var hint in Hints().Matches(block).Select(m => m.Groups[1].Value)) { Assert.That(said, Does.Contain(hint)); }
        if (block.Contains("job run expire-sessions", StringComparison.Ordinal)) { Assert.That(said, Does.Contain("succeeded")); }
        if (block.Contains("kill -9", StringComparison.Ordinal))
        {
            Assert.That(said, Does.Match(@"long-one!\S+ +finished +succeeded").Or.Contain("succeeded"));
            Assert.That(said, Does.Contain("(1 row)"), "one row, whatever was killed");
        }
    }

    // A fenced block with its language.
    [GeneratedRegex(@"^```(\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("-- refused: (.*)")]
    private static partial Regex Hints();

    /// <summary>bash in the repository's folder, as a person has it: all it says is kept.</summary>
    private sealed class Shell : IAsyncDisposable
    {
        private readonly Process process;
        private readonly StringBuilder said = new();

        public Shell(string script, string data, string? input = null)
        {
            process = new Process
            {
                StartInfo = new ProcessStartInfo("bash", ["-c", script])
                {
                    WorkingDirectory = Repository.Root,
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    Environment = { ["SCHEDULER_DEV_DATA"] = data },
                },
            };
            // What "SCHEDULER__CONNECTION names the database" asks of the reader, once there is one.
            if (Connection(data) is { } connection) { process.StartInfo.Environment["SCHEDULER__CONNECTION"] = connection; }
            process.OutputDataReceived += (_, line) => Hear(line.Data);
            process.ErrorDataReceived += (_, line) => Hear(line.Data);
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (input is not null) { process.StandardInput.Write(input); }
            if (input is not null) { process.StandardInput.Close(); }
        }

        public string Said { get { lock (said) { return said.ToString(); } } }

        public Task Says(string text, TimeSpan within) => Until.Holds($"it says '{text}'", () => process.HasExited
            ? throw new InvalidOperationException($"it ended with {process.ExitCode}\n{Said}")
            : Task.FromResult(Said.Contains(text, StringComparison.Ordinal)), within);

        public async Task<int> Ends(TimeSpan within)
        {
            using var patience = new CancellationTokenSource(within, TimeProvider.System);
            try { await process.WaitForExitAsync(patience.Token); }
            catch (OperationCanceledException) { throw new TimeoutException($"it did not end within {within.TotalSeconds:0} s\n{Said}"); }
            return process.ExitCode;
        }

        // In order, as Ctrl-C would.
        public async ValueTask DisposeAsync()
        {
            if (!process.HasExited) { Signals.Send(process.Id, Signals.Terminate); }
            await Ends(BlockMax);
            process.Dispose();
        }

        private static string? Connection(string data)
        {
            var file = Path.Combine(data, "dev.json");
            if (!File.Exists(file)) { return null; }
            using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(file));
            return json.RootElement.GetProperty("connection").GetString();
        }

        private void Hear(string? line)
        {
            if (line is not null) { lock (said) { said.AppendLine(line); } }
        }
    }
}
