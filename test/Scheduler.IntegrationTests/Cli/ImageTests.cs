using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>What the Dockerfile says, read as Docker reads it and, where that can be done without Docker, run.</summary>
public sealed partial class ImageTests
{
    private static readonly IReadOnlyList<(string Name, string Text)> Instructions =
        Read(File.ReadAllLines(Path.Combine(Repository.Root, "Dockerfile")));

    // From the last FROM on: what the image is, not what it is built with.
    private static readonly IReadOnlyList<(string Name, string Text)> Image = [.. Instructions.Skip(
        Instructions.Index().Last(i => i.Item.Name == "FROM").Index)];

    [Test]
    public async Task The_health_check_as_written_is_0_while_the_node_runs_and_not_0_when_it_has_stopped()
    {
        var check = HealthCheck();
        Assert.That(check[0], Is.EqualTo(Words("ENTRYPOINT")[0]), "the check runs the image's own program");
        await using var db = await TestDatabase.Create();
        // As in the image, on a port that is free here; the check finds it where the node did.
        var environment = Environment();
        environment["SCHEDULER__HTTP__PORT"] = "0";
        await using var node = NodeProcess.Start(db, environment, "--name", "n1");
        environment["SCHEDULER__HTTP__PORT"] = $"{(await node.Listening()).Url.Port}";

        // Docker asks again and again: a machine too busy to answer in time is no verdict.
        Ended? healthy = null;
        await db.Until("the check says that the node runs", async () => (healthy = await Binary.RunWith(environment, check[1..])).ExitCode == 0);
        Assert.That(healthy!.Out, Does.Contain("\"live\""));
        Assert.That((await node.Stop()).ExitCode, Is.Zero);
        var stopped = await Binary.RunWith(environment, check[1..]);
        Assert.That(stopped.ExitCode, Is.EqualTo(8), stopped.Error);
        Assert.That(stopped.Error, Does.Contain("does not answer"));
    }

    [Test]
    public void Without_a_setting_of_its_own_the_check_asks_where_the_image_lets_the_node_listen()
    {
        var environment = Environment();
        Assert.That(environment["SCHEDULER__HTTP__PORT"], Is.EqualTo(Words("EXPOSE")[0]));
        Assert.That(environment["SCHEDULER__HTTP__ADDRESS"], Is.EqualTo("0.0.0.0"));
    }

    [Test]
    public void The_image_runs_as_a_numbered_user_has_no_job_of_ours_and_a_volume_for_the_operators()
    {
        // By its number alone an orchestrator knows that it is not root.
        Assert.That(Words("USER"), Has.Length.EqualTo(1).And.All.Match("^[1-9][0-9]*$"));
        Assert.That(Image.Where(i => i.Name is "COPY" or "ADD").Select(i => i.Text), Has.None.Contains("config"));
        var folder = JsonSerializer.Deserialize<string[]>(Single("VOLUME"))![0];
        Assert.That(Words("CMD"), Is.EqualTo(new[] { "serve", "--jobs", folder }));
        var compose = File.ReadAllText(Path.Combine(Repository.Root, "docker-compose.yml"));
        Assert.That(compose, Does.Contain($":{folder}:ro"), "the look at the whole has jobs");
    }

    [Test]
    public void The_image_has_postgresqls_programs_for_the_server_beside_it()
    {
        var client = ClientPackage().Match(string.Join('\n', Image.Where(i => i.Name == "RUN").Select(i => i.Text)));
        Assert.That(client.Success, "no postgresql-client-N is installed");
        var server = ServerImage().Match(File.ReadAllText(Path.Combine(Repository.Root, "docker-compose.yml")));
        // pg_dump refuses servers newer than itself.
        Assert.That(int.Parse(client.Groups[1].ValueSpan, CultureInfo.InvariantCulture),
            Is.GreaterThanOrEqualTo(int.Parse(server.Groups[1].ValueSpan, CultureInfo.InvariantCulture)));
    }

    [Test]
    public void What_is_copied_into_the_build_is_there_and_let_through()
    {
        var ignore = File.ReadAllLines(Path.Combine(Repository.Root, ".dockerignore"));
        var copied = Instructions.Where(i => i.Name == "COPY" && !i.Text.StartsWith("--from", StringComparison.Ordinal))
            .SelectMany(i => i.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..^1]).ToList();
        Assert.That(copied, Is.Not.Empty);
        Assert.That(copied.Where(c => !Path.Exists(Path.Combine(Repository.Root, c))), Is.Empty, "not in the repository");
        Assert.That(copied.Where(c => !ignore.Any(i => i.StartsWith('!') && (c == i[1..] || c.StartsWith(i[1..] + "/", StringComparison.Ordinal)))),
            Is.Empty, "kept out by .dockerignore");
    }

    private static string[] HealthCheck()
    {
        var text = Single("HEALTHCHECK");
        return JsonSerializer.Deserialize<string[]>(text[(text.IndexOf("CMD", StringComparison.Ordinal) + "CMD".Length)..])!;
    }

    private static Dictionary<string, string> Environment() => Image.Where(i => i.Name == "ENV")
        .SelectMany(i => i.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);

    private static string Single(string name) => Image.Single(i => i.Name == name).Text;

    private static string[] Words(string name) => Single(name) is ['[', ..] list
        ? JsonSerializer.Deserialize<string[]>(list)! : Single(name).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static List<(string Name, string Text)> Read(IEnumerable<string> lines)
    {
        var text = string.Join('\n', lines.Where(l => !l.TrimStart().StartsWith('#'))).Replace("\\\n", " ", StringComparison.Ordinal);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(l => l.Split(' ', 2)).Select(l => (l[0], l[1].Trim()))];
    }

    [GeneratedRegex(@"\bpostgresql-client-(\d+)\b")]
    private static partial Regex ClientPackage();

    [GeneratedRegex(@"image: postgres:(\d+)")]
    private static partial Regex ServerImage();
}
