using System.Net;
using System.Net.Sockets;
using NUnit.Framework;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>What an operator is told for input that cannot work, and the exit code a script gets. None of these needs a database.</summary>
public sealed class UsageTests
{
    [TestCase("jbo", "did you mean 'job'?")]
    [TestCase("job lst", "did you mean 'list'?")]
    [TestCase("job list --jsn", "did you mean '--json'?")]
    [TestCase("run list --state done", "--state is 'done'; expected queued, running or finished")]
    [TestCase("run list --state finishd", "did you mean 'finished'?")]
    [TestCase("upload show x", "ID is 'x'; expected a whole number, 1 or more")]
    [TestCase("dev --nodes x", "--nodes is 'x'; expected a whole number from 1 to 9")]
    [TestCase("dev --http-port 65535 --data /tmp/none --jobs /", "need the ports up to 65537; the highest is 65535")]
    [TestCase("health --url 127.0.0.1:8080", "--url is '127.0.0.1:8080'; expected http:// or https:// with a host")]
    [TestCase("run list --limit 0", "expected a whole number from 1 to 10000")]
    [TestCase("job run x --wait --timeout 10", "expected a time with its unit")]
    [TestCase("job run x --param a", "expected NAME=VALUE")]
    [TestCase("job", "needs a command: list, show, run")]
    [TestCase("job list", "pass --connection, set SCHEDULER__CONNECTION, or write connection: in config/scheduler.yaml")]
    [TestCase("job list --config none.yaml", "there is no settings file none.yaml")]
    [TestCase("serve", "no connection to the scheduler's database is given")]
    public async Task A_wrong_command_line_ends_with_2_and_says_what_was_expected(string arguments, string expected)
    {
        var environment = arguments.StartsWith("job run", StringComparison.Ordinal) ? Connection("Host=127.0.0.1;Port=1;Database=none") : null;
        var ended = await Binary.RunWith(environment, arguments.Split(' '));
        Assert.That(ended.Error, Does.Contain(expected).And.Not.Contain("   at "));
        Assert.That((ended.ExitCode, ended.Out), Is.EqualTo((2, "")));
    }

    [Test]
    public async Task A_word_that_begins_with_an_at_sign_is_text_and_names_no_file()
    {
        var macro = await Binary.Run("job", "next", "--schedule", "@daily", "-n", "2");
        Assert.That((macro.ExitCode, macro.Error), Is.EqualTo((0, "")));
        var lines = macro.Out.TrimEnd().Split('\n');
        Assert.That(lines[..^1], Has.Length.EqualTo(2).And.All.Match("T00:00:00Z  "));
        Assert.That(lines[^1], Is.EqualTo("in words: At 00:00 every day, UTC"));
        var file = Path.Combine(Path.GetTempPath(), $"scheduler-{Guid.NewGuid():N}.rsp");
        await File.WriteAllTextAsync(file, "--schedule @daily");
        try
        {
            var asked = await Binary.Run("job", "next", "--schedule", "@" + file);
            Assert.That((asked.ExitCode, asked.Error), Is.EqualTo((2, asked.Error)));
            Assert.That(asked.Error, Does.Contain($"'@{file}'"));
        }
        finally { File.Delete(file); }
    }

    [TestCase("job list -o json", "--output is 'json'; expected wide (--json prints JSON)")]
    [TestCase("run list --output table", "--output is 'table'; expected wide")]
    public async Task A_table_can_only_be_made_wide(string arguments, string expected)
    {
        var ended = await Binary.Run(arguments.Split(' '));
        Assert.That((ended.ExitCode, ended.Out), Is.EqualTo((2, "")));
        Assert.That(ended.Error, Does.Contain(expected));
    }

    [Test]
    public async Task A_connection_string_that_cannot_be_read_ends_with_2()
    {
        var ended = await Binary.Run("job", "list", "--connection", "nonsense");
        Assert.That((ended.ExitCode, ended.Error), Is.EqualTo((2, ended.Error)));
        Assert.That(ended.Error, Does.Contain("the connection string cannot be read").And.Contain("expected e.g. Host=").IgnoreCase);
    }

    [Test]
    public async Task A_server_that_cannot_be_reached_ends_with_8_and_one_line(
        [Values("job list", "status", "node list", "db check", "fleet status")] string command)
    {
        var ended = await Binary.RunWith(Connection("Host=127.0.0.1;Port=1;Username=u;Database=d;Password=hidden"), command.Split(' '));
        Assert.That(ended.ExitCode, Is.EqualTo(8), ended.Error);
        Assert.That(ended.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(ended.Error, Does.Contain("refused").And.Not.Contain("hidden"));
    }

    [Test]
    public async Task Every_mistake_in_settings_is_listed_with_its_place()
    {
        var file = Path.Combine(Path.GetTempPath(), $"scheduler-{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(file,
            "node:\n  slotz: 3\n  lease: 6\nhttp: { port: 70000 }\nconnection: Host=h;Password=${secret:NO_SUCH_SECRET}\n");
        try
        {
            var ended = await Binary.RunWith(new Dictionary<string, string> { ["SCHEDULER__NODE__DRIAN"] = "1s" },
                "serve", "--name", "a/b", "--config", file);
            Assert.That(ended.ExitCode, Is.EqualTo(2), ended.Error);
            Assert.That(ended.Error, Does.Contain($"{file}:2:3: unknown key 'node.slotz'; did you mean 'node.slots'?")
                .And.Contain($"{file}:3:10: node.lease is '6'; expected a time with its unit")
                .And.Contain($"{file}:4:15: http.port is '70000'; expected a whole number from 0 to 65535")
                .And.Contain($"{file}:5:13: secret 'NO_SUCH_SECRET' is missing")
                .And.Contain("unknown key 'SCHEDULER__NODE__DRIAN'; did you mean 'SCHEDULER__NODE__DRAIN'?")
                .And.Contain("--name: node.name is 'a/b'"));
        }
        finally { File.Delete(file); }
    }

    [Test]
    public async Task A_taken_port_ends_serve_with_1_and_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var ended = await Binary.RunWith(Connection("Host=127.0.0.1;Port=1;Database=none"), "serve", "--name", "n1", "--http-port", $"{port}");
        Assert.That((ended.ExitCode, ended.Error.TrimEnd()),
            Is.EqualTo((1, $"scheduler: port {port} of 127.0.0.1 is taken; give another with --http-port, or 0 for a free one")));
    }

    private static Dictionary<string, string> Connection(string text) => new() { ["SCHEDULER__CONNECTION"] = text };
}
