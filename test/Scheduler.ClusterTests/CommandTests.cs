using System.Globalization;
using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>Commands whose node is killed, frozen or stopped, or whose time is over, in the middle: no tree outlives its run, no two live at
/// once.</summary>
[TestFixture, Platform("Linux")]
public sealed class CommandTests
{
    // Writes its effect, then leaves a process in a session of its own that no ordinary signal ends; both hold a lock for as long as they live.
    private const string Script =
        "exec 9>>$1/lock; flock -n 9 || echo $SCHEDULER_RUN_KEY >> $1/two-at-once; trap '' TERM; echo \"pid $$ token $SCHEDULER_RUN_TOKEN\";"
        + " echo \"$SCHEDULER_RUN_KEY $SCHEDULER_RUN_TOKEN\" >> $1/effects;"
        + " setsid sh -c \"trap '' TERM; echo pid \\$\\$; while :; do sleep 1; done\" &"
        + " for i in $(seq 1 $2); do sleep 1; done; echo end; kill -9 $!";

    // Where the nodes make the working folders of their commands.
    private string workFolder = "";

    [SetUp]
    public void MakeFolder() => workFolder = Directory.CreateTempSubdirectory("scheduler-work-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(workFolder, recursive: true);

    [Test]
    public async Task The_command_of_a_killed_node_ends_with_it_and_its_outcome_is_unknown()
    {
        await using var cluster = await Start("60", "timeout: 5m");
        var (key, node, pids) = await Begin(cluster);

        await node.Kill();

        await UntilGone(cluster, pids, TimeSpan.FromSeconds(6));
        await cluster.Until("its working folder is gone", () => Task.FromResult(Directory.GetFileSystemEntries(workFolder).Length == 0));
        var row = await cluster.UntilFinished(key);
        Assert.That(row.Verdict, Is.EqualTo("unknown"), row.ToString());
        Assert.That(Effects(cluster), Is.EqualTo(new[] { $"{key} {row.Token - 1}" }));
        await ExpectOutput(cluster, key, attempt: 1);
    }

    [Test]
    public async Task The_command_of_a_frozen_node_is_gone_before_another_node_begins_it_anew()
    {
        await using var cluster = await Start("8", "timeout: 5m\n    on_lost: rerun");
        var (key, node, pids) = await Begin(cluster);

        node.Freeze();

        await UntilGone(cluster, pids, TimeSpan.FromSeconds(6));
        await cluster.Until("another node has begun it", () => Task.FromResult(Effects(cluster).Length == 2));
        var row = await cluster.UntilFinished(key, TimeSpan.FromSeconds(30));
        node.Thaw();
        Assert.That(row.Verdict, Is.EqualTo("succeeded"), row.ToString());
        Assert.That(row.Node, Is.Not.EqualTo(node.Name));
        Assert.That(File.Exists(Path.Combine(cluster.JobsFolder, "two-at-once")), Is.False, "two trees of one run lived at a time");
        await cluster.Until("the thawed node's late word was refused and logged",
            () => Task.FromResult(node.Log().Any(l => l.Contains(key, StringComparison.Ordinal)
                && l.Contains("refused", StringComparison.OrdinalIgnoreCase))));
        await ExpectOutput(cluster, key, attempt: 1);
        await ExpectOutput(cluster, key, attempt: 2);
        Assert.That(Effects(cluster), Has.Length.EqualTo(2), "at least once, as on_lost: rerun says");
    }

    [Test]
    public async Task A_command_whose_time_is_over_is_ended_with_all_below_it()
    {
        await using var cluster = await Start("60", "timeout: 4s");
        var (key, _, pids) = await Begin(cluster);

        var row = await cluster.UntilFinished(key, TimeSpan.FromSeconds(14));

        Assert.That(row.Verdict, Is.EqualTo("timed_out"), row.ToString());
        await UntilGone(cluster, pids, TimeSpan.FromSeconds(1));
        Assert.That(row.EndedAt - row.StartedAt, Is.LessThan(TimeSpan.FromSeconds(14)), "its slot is free within ten seconds of its time-out");
        await ExpectOutput(cluster, key, attempt: 1);
    }

    [Test]
    public async Task A_command_on_a_node_that_stops_is_cancelled_with_all_below_it()
    {
        await using var cluster = await Start("60", "timeout: 5m", drain: TimeSpan.FromSeconds(1));
        var (key, node, pids) = await Begin(cluster);

        node.Terminate();
        Assert.That(await node.WaitForExit(TimeSpan.FromSeconds(40)), Is.Zero, node.Tail());

        await UntilGone(cluster, pids, TimeSpan.FromSeconds(1));
        var row = await cluster.UntilFinished(key);
        Assert.That((row.Verdict, row.Reason), Is.EqualTo(("cancelled", "its node stopped")), row.ToString());
        Assert.That(Effects(cluster), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_command_somebody_cancels_is_ended_with_all_below_it()
    {
        await using var cluster = await Start("60", "timeout: 5m");
        var (key, _, pids) = await Begin(cluster);

        await cluster.Database.Execute("select scheduler.cancel(@key)", new { key });

        var row = await cluster.UntilFinished(key, TimeSpan.FromSeconds(10));
        Assert.That(row.Verdict, Is.EqualTo("cancelled"), row.ToString());
        await UntilGone(cluster, pids, TimeSpan.FromSeconds(1));
        await ExpectOutput(cluster, key, attempt: 1);
    }

    [Test]
    public async Task What_a_sql_job_says_is_kept_when_its_node_dies()
    {
        var job = new SqlJobText("work", "manual")
        {
            Statement = "do $$ begin raise notice 'half way'; perform pg_sleep(6); end $$; " + HistoryReader.EffectStatement,
        };
        await using var cluster = await TestCluster.Start(new() { Nodes = 2, Jobs = SqlJobText.File(job) });
        var (key, node) = await cluster.RunNowAndWait("work");
        await cluster.Until("the notice is there", async () => await Said(cluster, key, 1, "NOTICE: half way") == 1);

        await node.Kill();

        var row = await cluster.UntilFinished(key, TimeSpan.FromSeconds(30));
        Assert.That(row.Verdict, Is.EqualTo("succeeded"), row.ToString());
        Assert.That(await Said(cluster, key, 1, "NOTICE: half way"), Is.EqualTo(1));
        Assert.That(await Said(cluster, key, 2, "NOTICE: half way"), Is.EqualTo(1));
    }

    private Task<TestCluster> Start(string seconds, string more, TimeSpan? drain = null)
    {
        var script = Script.Replace("'", "''", StringComparison.Ordinal);
        return TestCluster.Start(new()
        {
            Jobs = $"jobs:\n  work:\n    kind: command\n    schedule: manual\n    {more}\n    with:\n      shell: true\n      kill_after: 1s\n"
                + $"      argv: ['{script}', \"FOLDER\", \"{seconds}\"]\n",
            Setup = new()
            {
                Drain = drain,
                Lease = TimeSpan.FromSeconds(4),
                Environment = new Dictionary<string, string>
                {
                    ["SCHEDULER__COMMANDS__SHELL"] = "true",
                    ["SCHEDULER__COMMANDS__FOLDER"] = workFolder,
                },
            },
        });
    }

    private static async Task<(string Key, TestNode Node, int[] Pids)> Begin(TestCluster cluster)
    {
        await cluster.Database.Execute("update scheduler.job set settings = jsonb_set(settings, '{argv,1}', to_jsonb(@JobsFolder))",
            new { cluster.JobsFolder });
        var (key, node) = await cluster.RunNowAndWait("work");
        IReadOnlyList<string> said = [];
        await cluster.Until("both its processes have said who they are", async () => (said = await cluster.Database.Rows<string>(
            "select text from scheduler.run_output where run_key = @key and text like 'pid %'", new { key })).Count == 2);
        return (key, node, [.. said.Select(s => int.Parse(s.Split(' ')[1], CultureInfo.InvariantCulture))]);
    }

    private static Task UntilGone(TestCluster cluster, int[] pids, TimeSpan within) =>
        cluster.Until("its processes are gone", () => Task.FromResult(!pids.Any(Lives)), within);

    private static bool Lives(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (IOException) { return false; }
    }

    private static string[] Effects(TestCluster cluster)
    {
        var file = Path.Combine(cluster.JobsFolder, "effects");
        return File.Exists(file) ? File.ReadAllLines(file) : [];
    }

    private static async Task ExpectOutput(TestCluster cluster, string key, int attempt) =>
        Assert.That(await Said(cluster, key, attempt, "pid %"), Is.EqualTo(2), $"output of attempt {attempt} is kept");

    private static Task<long> Said(TestCluster cluster, string key, int attempt, string like) => cluster.Database.Value<long>(
        "select count(*) from scheduler.run_output where run_key = @key and attempt = @attempt and text like @like", new { key, attempt, like });
}
