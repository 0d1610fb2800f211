using System.Diagnostics;
using System.Text.RegularExpressions;
using Npgsql;
using NUnit.Framework;
using Scheduler.Server.Dev;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Database;

/// <summary>Every change of the schema shows in sql/schema.sql, reviewed as prose.</summary>
[TestFixture]
public sealed partial class GoldenSchemaTests
{
    [Test]
    public async Task The_schema_of_a_migrated_database_is_the_golden_one()
    {
        await using var database = await TestDatabase.Create();
        var dump = Normalize(await Dump(database.ConnectionString));
        var golden = Path.Combine(TestContext.CurrentContext.TestDirectory, "../../../../sql/schema.sql");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1") { await File.WriteAllTextAsync(golden, dump); }
        Assert.That(dump, Is.EqualTo(await File.ReadAllTextAsync(golden)), "sql/schema.sql is old; run ./dev schema");
    }

    private static async Task<string> Dump(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var program = Path.Combine((await PostgresBinaries.Find(null, TextWriter.Null, default)).Folder, "pg_dump");
        // The ledger's monthly partitions change with the calendar.
        string[] args =
        [
            "--schema-only", "--no-owner", "--exclude-table=scheduler_private.run_2*", "-h", settings.Host!, "-p", $"{settings.Port}",
            "-U", settings.Username!, settings.Database!,
        ];
        using var process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardOutput = true })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, "pg_dump failed");
        return text;
    }

    // Comments, settings and \restrict lines differ from one minor version of pg_dump to the next.
    private static string Normalize(string dump) => BlankLines().Replace(Noise().Replace(dump, ""), "\n\n").Trim() + "\n";

    [GeneratedRegex(@"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict.*)$", RegexOptions.Multiline)]
    private static partial Regex Noise();

    [GeneratedRegex(@"\n{3,}")]
    private static partial Regex BlankLines();
}
