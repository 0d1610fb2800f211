using System.Diagnostics;
using System.Globalization;
using Scheduler.Database;

namespace Scheduler.Server.Dev;

/// <summary>Short commands whose output is wanted, and what can be asked about processes and programs of this machine.</summary>
internal static class Commands
{
    /// <summary>
    /// Run to the end; standard output and error come back as one text. A command past its limit is killed and is an <see cref="OperatorException"/>.
    /// </summary>
    internal static async Task<(int ExitCode, string Output)> Run(
        IReadOnlyList<string> command, TimeSpan limit, CancellationToken token, string? input = null)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(token);
        deadline.CancelAfter(limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            try
            {
                await process.StandardInput.WriteAsync(input);
                process.StandardInput.Close();
            }
            catch (IOException) { }   // it ended without reading; its exit code says why
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            token.ThrowIfCancellationRequested();
            throw new OperatorException($"'{string.Join(' ', command)}' did not end within {limit.TotalSeconds:0} s");
        }
    }

    /// <summary>Full path of a program on PATH, or null.</summary>
    internal static string? OnPath(string program)
    {
        var file = OperatingSystem.IsWindows() ? program + ".exe" : program;
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
    }

    /// <summary>The arguments a living process was started with; empty when it is gone, a zombie, or not ours to look at.</summary>
    internal static async Task<IReadOnlyList<string>> ArgumentsOf(int pid, CancellationToken token)
    {
        if (OperatingSystem.IsLinux())
        {
            try { return (await File.ReadAllTextAsync($"/proc/{pid}/cmdline", token)).Split('\0', StringSplitOptions.RemoveEmptyEntries); }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return []; }
        }
        if (OperatingSystem.IsWindows())
        {
            try
            {
                using var process = Process.GetProcessById(pid);
                return process.MainModule?.FileName is { } file ? [file] : [];
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception) { return []; }
        }
        string[] ps = ["ps", "-ww", "-o", "command=", "-p", pid.ToString(CultureInfo.InvariantCulture)];
        var (_, line) = await Run(ps, TimeSpan.FromSeconds(5), token);
        return line.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The last lines of a log, indented, for the message of a failure.</summary>
    internal static string Tail(string file, int lineCount = 12)
    {
        if (!File.Exists(file)) { return "  (no output)"; }
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Seek(-Math.Min(stream.Length, 16 * 1024), SeekOrigin.End);   // the end of a long log is enough
        using var reader = new StreamReader(stream);
        var lines = reader.ReadToEnd().TrimEnd().Split('\n');
        return string.Join('\n', lines.TakeLast(lineCount).Select(line => "  " + line.TrimEnd('\r')));
    }
}
