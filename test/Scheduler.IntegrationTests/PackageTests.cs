using System.IO.Compression;
using System.Xml.Linq;
using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Telemetry;

namespace Scheduler.IntegrationTests;

/// <summary>The package that host applications take the engine from.</summary>
public sealed class PackageTests
{
    [Test]
    public async Task The_engine_is_packed_with_its_licence_its_readme_and_what_it_is()
    {
        var folder = Directory.CreateTempSubdirectory("scheduler-pack-").FullName;
        try
        {
            // artifacts/bin/Scheduler.IntegrationTests/CONFIGURATION
            var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Name;
            var (code, text) = await Tool.Run("/usr/bin/env", null, ["dotnet", "pack", Path.Combine(Repository.Root, "src/Scheduler"),
                "--no-build", "--nologo", "-nodeReuse:false", "-c", configuration, "-o", folder]);
            Assert.That(code, Is.Zero, text);
            Assert.That(text, Does.Not.Contain("warning"));
            using var package = ZipFile.OpenRead(Directory.GetFiles(folder, "*.nupkg").Single());
            var files = package.Entries.Select(e => e.FullName).ToList();
            Assert.That(files, Is.SupersetOf(new[] { "README.md", "lib/net10.0/Scheduler.Engine.dll", "lib/net10.0/Scheduler.Engine.xml" }));
            using var spec = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
            var said = XDocument.Load(spec).Descendants().Where(e => !e.HasElements).GroupBy(e => e.Name.LocalName)
                .ToDictionary(g => g.Key, g => g.First().Value);
            Assert.That((said["id"], said["license"], said["readme"]), Is.EqualTo(("Scheduler.Engine", "Apache-2.0", "README.md")));
            Assert.That(said["description"], Does.Contain("PostgreSQL"));
            Assert.That(said["authors"], Is.EqualTo("The Scheduler authors"));
            Assert.That(said, Does.ContainKey("tags").And.ContainKey("copyright"));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [Test]
    public void The_licence_is_Apache_2_0_and_whole()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "LICENSE"));
        Assert.That(text, Does.Contain("Apache License\n").And.Contain("Version 2.0, January 2004").And.Contain("TERMS AND CONDITIONS FOR USE")
            .And.Contain("END OF TERMS AND CONDITIONS").And.Contain("APPENDIX: How to apply the Apache License to your work."));
        Assert.That(Enumerable.Range(1, 9).Where(n => !text.Contains($"\n   {n}. ", StringComparison.Ordinal)), Is.Empty, "missing sections");
    }
}
