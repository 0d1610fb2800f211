using System.Diagnostics;
using NUnit.Framework;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>What a run of the binary left behind.</summary>
internal sealed record Ended(int ExitCode, string Out, string Error);

/// <summary>The built command line, run as an operator would: a process of its own, with only the settings the test gives it.</summary>
internal static class Binary
{
    // Start, one statement and exit take under a second; a busy machine may take many.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static string Path { get; } = Find();

    public static Task<Ended> Run(params string[] arguments) => RunWith(null, arguments);

    public static async Task<Ended> RunWith(IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        process.StandardInput.Close();
        return await Read(process, arguments);
    }

    private static async Task<Ended> Read(Process process, string[] arguments)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Limit);
        try { await process.WaitForExitAsync(limit.Token); }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"scheduler {string.Join(' ', arguments)} did not end within {Limit}\n{await output}\n{await error}");
        }
        return new(process.ExitCode, await output, await error);
    }

    /// <summary>Run on a terminal of that many columns, made by script(1); what it shows is in <see cref="Ended.Out"/>, stderr included.</summary>
    public static async Task<Ended> OnTerminal(int columns, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var inner = string.Join(' ', arguments.Prepend(Path).Select(a => $"'{a}'"));
        using var process = StartFile("script", new Dictionary<string, string>(environment) { ["TERM"] = "xterm" },
            "--quiet", "--return", "--command", $"stty cols {columns} rows 50; exec {inner}", "/dev/null");
        process.StandardInput.Close();
        var shown = await Read(process, arguments);
        return shown with { Out = shown.Out.ReplaceLineEndings("\n") };
    }

    public static Process Start(IReadOnlyDictionary<string, string>? environment, params string[] arguments) =>
        StartFile(Path, environment, arguments);

    private static Process StartFile(string file, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // No config/scheduler.yaml of the house may reach the test.
            WorkingDirectory = System.IO.Path.GetTempPath(),
        };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("SCHEDULER", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) { start.Environment[name] = value; }
        return Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start");
    }

    // artifacts/bin/Scheduler.IntegrationTests/<configuration>/ beside artifacts/bin/Scheduler.Server/<configuration>/
    private static string Find()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(System.IO.Path.DirectorySeparatorChar));
        var file = System.IO.Path.Combine(own.Parent!.Parent!.FullName, "Scheduler.Server", own.Name,
            OperatingSystem.IsWindows() ? "scheduler.exe" : "scheduler");
        return File.Exists(file) ? file : throw new FileNotFoundException($"the binary is not built at {file}");
    }
}
