using System.Runtime.CompilerServices;
using System.Text;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Jobs;

namespace Scheduler.Tests.Jobs;

/// <summary>What an operator is told for each folder that must be refused, word for word; UPDATE_GOLDEN=1 writes it anew.</summary>
public sealed class BadFoldersTests
{
    // More lines of one folder say nothing new.
    private const int LinesShown = 12;

    [Test]
    public void Every_bad_folder_is_refused_as_the_golden_file_says()
    {
        var kinds = new KindRegistry(SchedulerServices.BuiltInKinds);
        var told = new StringBuilder();
        var accepted = new List<string>();
        foreach (var folder in BadFolders.All())
        {
            var path = Directory.CreateTempSubdirectory("scheduler-bad-").FullName;
            try
            {
                folder.WriteTo(path);
                OperatorException? refusal = null;
                try { JobFiles.Load(path, kinds); }
                catch (OperatorException e) { refusal = e; }
                if (refusal is null)
                {
                    accepted.Add(folder.Name);
                    continue;
                }
                Assert.That(refusal.Message.Where(c => char.IsControl(c) && c != '\n'), Is.Empty, folder.Name);
                var lines = refusal.Message.Replace(path + "/", "", StringComparison.Ordinal)
                    .Replace(path, "FOLDER", StringComparison.Ordinal).Split('\n');
                told.Append("== ").Append(folder.Name).Append('\n');
                foreach (var line in lines.Length <= LinesShown ? lines : [.. lines[..2], "…", lines[^1]]) { told.Append(line).Append('\n'); }
            }
            finally { Directory.Delete(path, recursive: true); }
        }
        Assert.That(accepted, Is.Empty, "nothing is wrong with these");
        var golden = Path.Combine(Path.GetDirectoryName(ThisFile())!, "bad-folders.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") { File.WriteAllText(golden, told.ToString()); }
        Assert.That(told.ToString(), Is.EqualTo(File.ReadAllText(golden)), "run the test with UPDATE_GOLDEN=1 and review the diff as prose");
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
