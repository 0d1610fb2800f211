using System.Runtime.CompilerServices;
using System.Text;
using NUnit.Framework;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>The whole tree of commands, as an operator reads it. A change shows in the diff of help.txt; UPDATE_GOLDEN=1 writes it anew.</summary>
public sealed class HelpTests
{
    [Test]
    public async Task Help_of_every_command_is_as_in_the_golden_file()
    {
        var text = new StringBuilder();
        await Append(text, []);
        var golden = Path.Combine(Path.GetDirectoryName(ThisFile())!, "help.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") { await File.WriteAllTextAsync(golden, text.ToString()); }
        Assert.That(text.ToString().Split('\n').Where(l => l.Split("default").Length > 2), Is.Empty, "a default is said once");
        Assert.That(text.ToString(), Is.EqualTo(await File.ReadAllTextAsync(golden)),
            "run the test with UPDATE_GOLDEN=1 and review the diff as prose");
    }

    private static async Task Append(StringBuilder text, string[] command)
    {
        var help = await Binary.Run([.. command, "--help"]);
        Assert.That(help.ExitCode, Is.Zero, help.Error);
        var lines = help.Out.ReplaceLineEndings("\n").TrimEnd().Split('\n');
        text.Append("$ scheduler ").AppendJoin(' ', [.. command, "--help"]).Append('\n');
        foreach (var line in lines) { text.Append(line.TrimEnd()).Append('\n'); }
        text.Append('\n');
        var children = lines.SkipWhile(l => l != "Commands:").Skip(1).TakeWhile(l => l.StartsWith("  ", StringComparison.Ordinal))
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]);
        foreach (var child in children.ToList()) { await Append(text, [.. command, child]); }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
