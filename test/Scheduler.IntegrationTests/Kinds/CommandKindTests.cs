using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Text.Json;
using NUnit.Framework;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Kinds.Commands;
using Scheduler.Runs;
using Scheduler.TestKit;

namespace Scheduler.IntegrationTests.Kinds;

/// <summary>Real programs under a real runner. Corpora of reliability.md T10.</summary>
[TestFixture, Platform("Linux"), SupportedOSPlatform("linux")]
public sealed class CommandKindTests
{
    private static readonly CommandOptions AllowShell = new() { Shell = true, Allow = ["/usr/bin/", "/bin/"] };

    [Test]
    public async Task A_program_runs_with_its_arguments_as_they_are_and_a_clean_environment()
    {
        string[] corpus = ["; touch /tmp/x", "$(id)", "`id`", "\n", "--", "@/etc/passwd", "*", "a b", "'\"", "${run.key}", "$HOME", ""];
        await using var run = new KindRun();
        var result = await Execute(run, new CommandSettings { Argv = ["/usr/bin/printf", "[%s]\\n", .. corpus] });
        Assert.That(result, Does.StartWith("{\"exit_code\":0,"));
        Assert.That(run.Said(), Is.EqualTo(
            new[] { "o [; touch /tmp/x]", "o [$(id)]", "o [`id`]", "o [", "o ]", "o [--]", "o [@/etc/passwd]", "o [*]", "o [a b]", "o ['\"]",
                $"o [{run.Key}]", "o [$HOME]", "o []" }));

        await using var other = new KindRun();
        var colour = new Dictionary<string, string> { ["COLOUR"] = "blue ${run.token}" };
        await Execute(other, new CommandSettings { Argv = ["/usr/bin/env"], Env = colour });
        Assert.That(other.Said().Select(l => l[2..].Split('=')[0]).Order(StringComparer.Ordinal), Is.EqualTo(new[]
        {
            "COLOUR", "HOME", "LANG", "PATH", "SCHEDULER_JOB", "SCHEDULER_RUN_ATTEMPT", "SCHEDULER_RUN_FOLDER",
            "SCHEDULER_RUN_KEY", "SCHEDULER_RUN_TOKEN", "TMPDIR",
        }));
    }

    [TestCaseSource(typeof(ParamTests), nameof(ParamTests.Corpus))]
    public async Task A_param_is_one_argument_whatever_it_holds_with_a_shell_too(string value)
    {
        await using var run = new KindRun(JsonSerializer.Serialize(new { value }));
        await Execute(run, new CommandSettings { Argv = ["/usr/bin/printf", "[%s]<%s>", "${params.value}", "end"] });
        Assert.That(string.Join('\n', run.Said().Select(l => l[2..])), Is.EqualTo($"[{Shown(value)}]<end>"));

        await using var shell = new KindRun(JsonSerializer.Serialize(new { value }));
        await Execute(shell, new CommandSettings { Shell = true, Argv = ["printf '[%s]<%s>' \"$1\" \"$2\"", "${params.value}", "end"] });
        Assert.That(string.Join('\n', shell.Said().Select(l => l[2..])), Is.EqualTo($"[{Shown(value)}]<end>"));

        // Output is kept line by line, and a line has no end of its own.
        static string Shown(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    [Test]
    public async Task It_has_no_open_files_but_its_three_no_core_files_a_umask_and_no_way_to_more_rights()
    {
        await using var run = new KindRun();
        await Shell(run, "ls /proc/self/fd; ulimit -c; umask; grep NoNewPrivs /proc/self/status; cat; ls -A; stat -c %a .");
        // ls has the folder it reads open as its fourth; standard input is empty; the working folder is empty and nobody else's.
        Assert.That(string.Join('|', run.Said().Select(l => l[2..])), Is.EqualTo("0|1|2|3|0|0077|NoNewPrivs:\t1|700"));
    }

    [Test]
    public async Task An_exit_code_that_is_no_success_fails_with_the_result_and_the_last_error()
    {
        await using var run = new KindRun();
        var failure = await Assert.ThrowsAsync<RunFailedException>(() => Shell(run, "echo out; echo first >&2; echo 'no space' >&2; exit 3"));
        Assert.That(failure!.Message, Is.EqualTo("exit code 3; expected 0; its last error: no space"));
        Assert.That(JsonSerializer.Serialize(failure.Result), Does.StartWith("{\"exit_code\":3,"));
    }

    [Test]
    public async Task An_exit_code_may_ask_for_another_try_or_mean_success()
    {
        await using var run = new KindRun();
        Assert.That(Transient.IsTransient((await Assert.ThrowsAsync<TryAgainException>(() => Shell(run, "exit 75")))!), Is.True);
        await using var other = new KindRun();
        Assert.That(await Execute(other, new CommandSettings { Argv = ["exit 3"], Shell = true, SuccessCodes = [0, 3] }),
            Does.Contain("\"exit_code\":3"));
    }

    [Test]
    public async Task What_it_leaves_behind_is_ended_also_when_it_made_a_session_of_its_own()
    {
        await using var run = new KindRun();
        await Shell(run, "setsid sh -c 'sleep 1000 & echo $!; sleep 1000' & setsid setsid sleep 1000 & echo $!; sleep 0.5");
        var said = run.Said();
        Assert.That(said[^1], Does.Match(@"^s \d+ processes were left behind and have been ended$"));
        foreach (var pid in said.Take(2)) { Assert.That(Lives(pid[2..]), Is.False, $"process {pid}"); }
    }

    [Test]
    public async Task Cancelled_it_is_asked_to_end_and_then_ended_with_all_below_it()
    {
        await using var run = new KindRun();
        var work = Execute(run, new CommandSettings
        {
            Argv = ["trap 'echo asked' TERM; setsid sh -c \"trap '' TERM; while :; do sleep 1; done\" & echo $!; while :; do sleep 0.1; done"],
            Shell = true,
            KillAfter = TimeSpan.FromSeconds(1),
        });
        IReadOnlyList<string> said = [];
        await Until.Holds("it has said its process id", () => Task.FromResult((said = [.. said, .. Lines(run)]).Count > 0));
        var cancelled = Stopwatch.GetTimestamp();
        run.Cancel();
        await Assert.ThatAsync(() => work, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Stopwatch.GetElapsedTime(cancelled), Is.LessThan(TimeSpan.FromSeconds(8)));
        said = [.. said, .. Lines(run)];
        Assert.That(said, Does.Contain("o asked"));
        Assert.That(Lives(said[0][2..]), Is.False);
    }

    [Test]
    public async Task Nothing_of_it_lives_when_the_lease_is_not_renewed_although_nobody_cancels()
    {
        await using var run = new KindRun();
        run.State.LiveFor(TimeSpan.FromSeconds(2));
        // The node's token is not cancelled here, as in a node that is frozen: only the deadline the runner was told ends the tree.
        var failure = await Assert.ThrowsAsync<RunFailedException>(() =>
            Shell(run, "trap '' TERM; setsid sleep 1000 & echo $!; while :; do sleep 1; done"));
        Assert.That(failure!.Message, Does.Contain("ended without a report"));
        Assert.That(Lives(run.Said()[0][2..]), Is.False);
    }

    [Test]
    public async Task Nothing_is_started_any_more_when_the_lease_was_over_before_the_runner_was_ready()
    {
        await using var run = new KindRun();
        var trace = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        run.State.EndLease();
        await Assert.ThrowsAsync<RunFailedException>(() => Shell(run, $"touch {trace}; sleep 1000"));
        Assert.That(File.Exists(trace), Is.False);
    }

    [Test]
    public async Task When_the_runner_itself_is_killed_its_tree_is_swept()
    {
        await using var run = new KindRun();
        var work = Shell(run, "setsid sleep 1000 & echo $!; echo $PPID; sleep 1000");
        IReadOnlyList<string> said = [];
        await Until.Holds("it has said the process ids", () => Task.FromResult((said = [.. said, .. Lines(run)]).Count == 2));
        using (var runner = Process.GetProcessById(int.Parse(said[1][2..], CultureInfo.InvariantCulture))) { runner.Kill(); }
        await Assert.ThatAsync(() => work, Throws.TypeOf<RunFailedException>());
        Assert.That(Lives(said[0][2..]), Is.False);
        Assert.That(run.Said(), Is.EqualTo(new[] { "s 3 processes were left behind and have been ended" }));
    }

    [Test]
    public async Task A_flood_of_output_is_kept_within_limits_and_ends_the_run_in_no_way()
    {
        await using var run = new KindRun();
        await Shell(run, "yes 'a line that is repeated' | head -c 50000000; printf '\\n\\000\\033[31mred\\033[0m\\377end'");
        var said = run.Said();
        Assert.That(said, Has.Count.InRange(1000, 20_000));
        Assert.That(said[^1], Is.EqualTo("o \ufffdred\ufffdend"));
    }

    [Test]
    public async Task Limits_of_the_operating_system_hold()
    {
        await using var run = new KindRun();
        await Assert.ThrowsAsync<RunFailedException>(() => Execute(run, new CommandSettings
        {
            Argv = ["ulimit -n; ulimit -f; dd if=/dev/zero of=big bs=1M count=5 2>&1 && echo written"],
            Shell = true,
            Limits = new() { OpenFiles = 64, FileMb = 1 },
        }));
        Assert.That(run.Said(), Does.Contain("o 64").And.Contain("o 2048").And.Not.Contain("o written"));
    }

    [TestCase("/usr/bin/../../bin/sh", "does not start")]
    [TestCase("/tmp/anything", "does not start '/tmp/anything'; expected one of commands.allow: /usr/bin/env")]
    [TestCase("/usr/bin/envx", "does not start")]
    public async Task A_program_that_is_not_on_the_list_is_not_started(string program, string message)
    {
        await using var run = new KindRun();
        var refused = await Assert.ThrowsAsync<OperatorException>(() =>
            Execute(run, new CommandSettings { Argv = [program] }, new() { Allow = ["/usr/bin/env"] }));
        Assert.That(refused!.Message, Does.Contain(message));
    }

    [Test]
    public async Task A_program_that_others_may_change_is_not_started()
    {
        var program = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(program, "#!/bin/sh\n");
        File.SetUnixFileMode(program, (UnixFileMode)0x1FF);
        await using var run = new KindRun();
        var refused = await Assert.ThrowsAsync<OperatorException>(() =>
            Execute(run, new CommandSettings { Argv = [program] }, new() { Allow = [program] }));
        Assert.That(refused!.Message, Does.Contain("may be changed by others"));
        File.Delete(program);
    }

    [Test]
    public async Task Shell_user_and_variables_of_the_node_need_the_nodes_leave()
    {
        await using var run = new KindRun();
        foreach (var (settings, word) in new (CommandSettings, string)[]
        {
            (new() { Argv = ["id"], Shell = true }, "commands.shell"),
            (new() { Argv = ["/usr/bin/env"], User = "nobody" }, "commands.users"),
            (new() { Argv = ["/usr/bin/env"], PassEnv = ["PATH"] }, "commands.env"),
        })
        {
            var refused = await Assert.ThrowsAsync<OperatorException>(() => Execute(run, settings, new() { Allow = ["/usr/bin/env"] }));
            Assert.That(refused!.Message, Does.Contain(word));
        }
    }

    [Test]
    public async Task As_another_user_it_cannot_read_what_is_the_nodes()
    {
        if (Environment.UserName != "root") { Assert.Ignore("needs to be root to become another user"); }
        await using var run = new KindRun();
        var settings = new CommandSettings
        {
            Argv = [$"id -un; cat /proc/{Environment.ProcessId}/environ /proc/$PPID/environ /proc/$PPID/mem 2>&1; touch mine && echo made"],
            Shell = true,
            User = "nobody",
        };
        await Execute(run, settings, AllowShell with { Users = ["nobody"] });
        var said = run.Said();
        Assert.That(said[0], Is.EqualTo("o nobody"));
        Assert.That(said, Has.None.Contains("PATH=").And.Contains("o made"));
    }

    [Test]
    public async Task A_program_that_is_not_there_is_named()
    {
        await using var run = new KindRun();
        var refused = await Assert.ThrowsAsync<OperatorException>(() =>
            Execute(run, new CommandSettings { Argv = ["/usr/bin/no-such-program"] }, AllowShell));
        Assert.That(refused!.Message, Does.StartWith("there is no program '/usr/bin/no-such-program'"));
    }

    private static Task<string> Shell(KindRun run, string script) => Execute(run, new CommandSettings { Argv = [script], Shell = true });

    private static Task<string> Execute(KindRun run, CommandSettings settings, CommandOptions? rules = null) =>
        run.Execute(new CommandJob(settings, run.Scope, run.State, KindRun.Node(rules ?? AllowShell), TimeProvider.System));

    private static List<string> Lines(KindRun run)
    {
        var lines = run.Scope.Output.Take().Chunks.SelectMany(c => c.Lines.Split('\n'))
            .Select(l => l[0] + l[l.IndexOf(' ', StringComparison.Ordinal)..]).ToList();
        run.Scope.Output.Written();
        return lines;
    }

    // A zombie has ended.
    private static bool Lives(string pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{int.Parse(pid, CultureInfo.InvariantCulture)}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (IOException) { return false; }
    }
}
