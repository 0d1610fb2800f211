using System.CommandLine;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Server.Cli;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Cli;

/// <summary>Every option and argument of every command, once with a value it may have and once with one it may not. The tree itself is walked: a new
/// option is missed until it stands here.</summary>
public sealed class OptionTests
{
    // Nobody listens there: whatever is found wrong was found before the database was asked.
    private const string Nowhere = "Host=127.0.0.1;Port=1;Username=u;Database=d;Timeout=1";

    // Once: options that commands share remember each tree they are in.
    private static readonly RootCommand Root = CommandLine.Root();
    private static readonly string JobsFolder = Path.Combine(Repository.Root, "config/jobs");

    // By option, or by command and option. Bad null: any text may be meant, or the database alone knows. More: what else the command needs then.
    private static readonly Dictionary<string, (string Good, string? Bad, string[] More)> Samples = new()
    {
        ["--connection"] = (Nowhere, "nonsense", []),
        ["dev-fleet --connection"] = (Nowhere, "nonsense", []),
        ["--config"] = (Path.Combine(Repository.Root, "config/scheduler.yaml"), "none.yaml", []),
        ["--limit"] = ("3", "0", []),
        ["--output"] = ("wide", "json", []),
        ["--job"] = ("nightly", null, []),
        ["--node"] = ("n1", null, []),
        ["--reason"] = ("why not", null, []),
        ["--state"] = ("running", "done", []),
        ["--verdict"] = ("missed", "good", []),
        ["--attempt"] = ("2", "first", []),
        ["--max-deletes"] = ("7", "-1", []),
        ["--force"] = ("nightly", null, []),
        ["--out"] = ("there", null, []),
        ["--plan"] = (new string('a', 32), "abc", []),
        ["--timeout"] = ("10m", "10", ["--wait"]),
        ["--param"] = ("day=1", "day", []),
        ["--params-file"] = (Path.Combine(Repository.Root, "config/jobs.schema.json"), "none.json", []),
        ["--key"] = ("mine", null, []),
        ["--from"] = ("2026-11-21", "yesterday", []),
        ["--to"] = ("2026-11-22T04:00:00Z", "13:00 o'clock", []),
        ["--spacing"] = ("30s", "30", []),
        ["--cap"] = ("10", "10001", []),
        ["--schedule"] = ("every 5m", "every 5 m", []),
        ["snapshot add --schedule"] = ("every 5m", null, []),
        ["--time-zone"] = ("Europe/Berlin", "Berlin", ["--schedule", "every 5m"]),
        ["-n"] = ("5", "1001", []),
        ["--until"] = ("2h", "later", []),
        ["job next --until"] = ("2026-12-01T02:00+01:00", "later", []),
        ["--file"] = ("-", "none.jsonl", []),
        ["job undo --to"] = ("2", "0", []),
        ["--protocol"] = ("bitcoin", "dogecoin", []),
        ["--source"] = ("/data", null, []),
        ["--destination"] = ("remote:x", null, []),
        ["--endpoint"] = ("rpc=http://10.0.0.5:8545", "rpc", []),
        ["--agent"] = ("kind=rclone", "=rclone", []),
        ["snapshot add --limit"] = ("keep=7", "keep", []),
        ["--objective"] = ("99.5", "NaN", []),
        ["--runbooks"] = ("https://runbooks.example/", null, []),
        ["--url"] = ("http://127.0.0.1:8080", "127.0.0.1:8080", []),
        ["--jobs"] = (JobsFolder, "/none/of/that", []),
        ["--name"] = ("n1", "a/b", []),
        ["--slots"] = ("5", "many", []),
        ["--labels"] = ("a,b", null, []),
        ["--drain"] = ("5s", "5", []),
        ["--lease"] = ("3s", "3ms", []),
        ["--engine"] = ("quartz", "diesel", []),
        ["--keep-runs"] = ("2d", "2h", []),
        ["--http-port"] = ("8080", "65536", []),
        ["--nodes"] = ("2", "10", []),
        ["--data"] = (".data/x", null, []),
        ["--workers"] = ("5", "0", []),
        ["--seed"] = ("-1", "1.5", []),
    };

    private static readonly Dictionary<string, string> Arguments = new()
    {
        ["NAME"] = "nightly",
        ["KEY"] = "nightly@2026-11-21T04:00:00Z",
        ["ID"] = "12",
        ["V1"] = "1",
        ["V2"] = "2",
        ["PATH"] = JobsFolder,
    };

    private static IEnumerable<TestCaseData> Options() =>
        from c in Tree(Root, "")
        from o in c.Command.Options
        where o is not (System.CommandLine.Help.HelpOption or VersionOption)
        select new TestCaseData(c.Path, o.Name).SetArgDisplayNames(c.Path, o.Name);

    private static IEnumerable<TestCaseData> NumberArguments() =>
        from c in Tree(Root, "")
        from a in c.Command.Arguments
        where a.ValueType != typeof(string)
        select new TestCaseData(c.Path, a.Name).SetArgDisplayNames(c.Path, a.Name);

    [TestCaseSource(nameof(Options))]
    public async Task Every_option_takes_what_it_may_be_and_refuses_what_it_may_not(string path, string name)
    {
        var (command, option) = Find(path, name);
        if (option.ValueType == typeof(bool))
        {
            Accepts([.. Line(path, command, name, []), name], option);
            await Refuses(path, "maybe", [.. Line(path, command, name, []), name + "=maybe"]);
            return;
        }
        var sample = Samples.GetValueOrDefault($"{path} {name}", Samples.GetValueOrDefault(name));
        Assert.That(sample.Good, Is.Not.Null, $"{path} {name} is not in this test");
        Accepts([.. Line(path, command, name, sample.More), name, sample.Good], option);
        if (sample.Bad is null) { return; }
        await Refuses(path, sample.Bad, [.. Line(path, command, name, sample.More), name, sample.Bad]);
    }

    [TestCaseSource(nameof(NumberArguments))]
    public async Task Every_argument_that_is_a_number_refuses_a_word(string path, string name)
    {
        var command = Tree(Root, "").Single(c => c.Path == path).Command;
        string[] line = [.. path.Split(' '), .. command.Arguments.TakeWhile(a => a.Name != name).Select(a => Arguments[a.Name])];
        Assert.That(CommandLine.Mistakes(Root.Parse([.. line, Arguments[name]])), Is.Empty);
        await Refuses(path, "x", [.. line, "x"]);
    }

    [TestCase("http://127.0.0.1:8080/health", TestName = "A path of --url is not left out in silence")]
    [TestCase("ftp://127.0.0.1", TestName = "A scheme of --url that is not of the web is refused")]
    [TestCase("http://me:secret@127.0.0.1", TestName = "A password in --url is refused")]
    [TestCase("http://", TestName = "A host is expected in --url")]
    public Task An_address_of_a_node_that_would_be_half_read_is_refused(string url) => Refuses("health", url, ["health", "--url", url]);

    private static void Accepts(string[] line, Option option)
    {
        var parsed = Root.Parse(line);
        Assert.That(CommandLine.Mistakes(parsed), Is.Empty, string.Join(' ', line));
        // A type the library cannot read fails only here.
        var own = parsed.CommandResult.Command.Options.Single(o => o.Name == option.Name);
        Assert.That((object?)((dynamic)parsed).GetValue((dynamic)own), Is.Not.Null);
    }

    private static async Task Refuses(string path, string value, string[] line)
    {
        var parsed = Root.Parse(line);
        var said = string.Join('\n', CommandLine.Mistakes(parsed));
        if (said.Length == 0)
        {
            // What it means is read by the command itself, before it does anything.
            var code = 0;
            try { code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }); }
            catch (OperatorException e) { (code, said) = (e.ExitCode, e.Message); }
            Assert.That(code, Is.EqualTo(path == "config plan" ? 1 : 2), $"{string.Join(' ', line)}\n{said}");
            // It has told its operator itself.
            if (path == "dev") { return; }
        }
        Assert.That(said, Does.Contain(value == "nonsense" ? "connection string" : value).And.Contain("expected").IgnoreCase
            .Or.Contain(value).And.Contain("there is no").Or.Contain(value).And.Contain("did you mean"));
        Assert.That(said, Does.Not.Contain("System.").And.Not.Contain("Cannot parse"));
    }

    // The command with all it needs but the option itself.
    private static IEnumerable<string> Line(string path, Command command, string besides, string[] more)
    {
        var schedule = besides is "--schedule" or "--file" || more.Contains("--schedule");
        IEnumerable<string> arguments = schedule && command.Name == "next" ? [] : command.Arguments.Select(a => Arguments[a.Name]);
        var needed = command.Options.Where(o => o.Required && o.Name != besides)
            .SelectMany(o => (string[])[o.Name, Samples.GetValueOrDefault($"{path} {o.Name}", Samples.GetValueOrDefault(o.Name)).Good]);
        var connection = besides != "--connection" && command.Options.Any(o => o is { Name: "--connection", Required: false })
            ? new[] { "--connection", Nowhere } : [];
        // A node binds its port first of all.
        var port = command.Name == "serve" && besides != "--http-port" ? new[] { "--http-port", "0" } : [];
        return [.. path.Split(' '), .. arguments, .. needed, .. connection, .. port, .. more];
    }

    private static (Command Command, Option Option) Find(string path, string name)
    {
        var command = Tree(Root, "").Single(c => c.Path == path).Command;
        return (command, command.Options.Single(o => o.Name == name));
    }

    private static IEnumerable<(string Path, Command Command)> Tree(Command command, string path) => command.Subcommands.Count == 0
        ? [(path, command)]
        : command.Subcommands.SelectMany(c => Tree(c, path.Length == 0 ? c.Name : $"{path} {c.Name}"));
}
