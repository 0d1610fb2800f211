using System.Globalization;
using NUnit.Framework;
using Scheduler.TestKit;
using Scheduler.TestKit.Checking;

namespace Scheduler.ClusterTests;

/// <summary>
/// Commands and requests while nodes, network and database fail, held against what the kinds promise. As long as SCHEDULER_CHAOS_SECONDS says (45),
/// with the seed SCHEDULER_CHAOS_SEED (random).
/// </summary>
[TestFixture, Platform("Linux")]
public sealed class KindChaosTests
{
    // A process in a session of its own gives a sign of life ten times a second for as long as anybody lets it; the command itself works a second.
    private const string Script =
        "trap '' TERM; beat() { echo \"$SCHEDULER_RUN_KEY $2 $SCHEDULER_RUN_TOKEN $3 $(date -u +%FT%T.%6NZ)\" >> $1/beats; };"
        + " beat \"$@\"; setsid sh -c \"trap '' TERM; while :; do sleep 0.1; echo \\\"$SCHEDULER_RUN_KEY $2 $SCHEDULER_RUN_TOKEN $3"
        + " \\$(date -u +%FT%T.%6NZ)\\\" >> $1/beats; done\" & sleep 1; beat \"$@\"";

    [Test]
    public async Task Commands_and_requests_do_what_they_promise_while_nodes_network_and_database_fail()
    {
        var seed = Number("SCHEDULER_CHAOS_SEED", Random.Shared.Next());
        var seconds = Number("SCHEDULER_CHAOS_SECONDS", 45);
        await TestContext.Out.WriteLineAsync($"seed {seed}, {seconds} s");
        var folder = Directory.CreateTempSubdirectory("scheduler-beats-").FullName;
        await using var receiver = await HttpReceiver.Start();
        await using var server = await TestServer.Start();
        await using var cluster = await TestCluster.Start(new()
        {
            Server = server,
            Weight = 6,     // processes and requests every second
            Jobs = Jobs(folder, receiver),
            Setup = new()
            {
                Proxied = true,
                Environment = new Dictionary<string, string>
                {
                    ["SCHEDULER__COMMANDS__SHELL"] = "true",
                    ["SCHEDULER__HTTP__ALLOW"] = $"127.0.0.1:{receiver.Port}",
                },
            },
        });
        await cluster.Until("all kinds work", async () =>
            await cluster.Database.Value<long>("select count(distinct job) from scheduler.run where verdict = 'succeeded'") == 4);

        var nemesis = new Nemesis(cluster, seed);
        await nemesis.Torment(TimeSpan.FromSeconds(seconds));

        var report = await Verdict.Expect(cluster, nemesis.Faults, [() => Task.FromResult(Beats(folder)),
            () => Task.FromResult<IReadOnlyList<Effect>>([.. receiver.EffectLog])]);
        Assert.That(report.Targets, Is.GreaterThan(seconds), "the load was real");
        Directory.Delete(folder, recursive: true);
    }

    private static string Jobs(string folder, HttpReceiver receiver)
    {
        var script = Script.Replace("'", "''", StringComparison.Ordinal);
        string Command(string name, string policy) => $"  {name}:\n    kind: command\n    schedule: every 4s\n    overlap: allow\n    timeout: 1m\n"
            + $"    on_lost: {policy}\n    with: {{ shell: true, argv: ['{script}', \"{folder}\", \"${{run.due_at}}\", \"${{node.name}}\"] }}\n";
        string Request(string name, string policy, string path, string more) => $"  {name}:\n    kind: http\n    schedule: every 1s\n"
            + $"    overlap: allow\n    timeout: 1m\n    on_lost: {policy}\n    {more}\n    with:\n      url: {receiver.Url}/{path}\n"
            + $"      method: POST\n      idempotent: {(policy == "rerun" ? "true" : "false")}\n"
            + "      headers: { X-Due: \"${run.due_at}\", X-Node: \"${node.name}\" }\n";
        return "jobs:\n" + Command("command-once", "fail") + Command("command-again", "rerun")
            + Request("request-once", "fail", "effect-of-each", "missed: once")
            + Request("request-again", "rerun", "effect", "retry: { attempts: 10, delay: 1s }");
    }

    // One effect for each attempt: from its first sign of life to its last.
    private static IReadOnlyList<Effect> Beats(string folder) =>
    [
        .. File.ReadAllLines(Path.Combine(folder, "beats")).Select(l => l.Split(' ')).GroupBy(l => (Key: l[0], Due: l[1], Token: l[2], Node: l[3]))
            .Select(beats => new Effect(beats.Key.Key, Time(beats.Key.Due), long.Parse(beats.Key.Token, CultureInfo.InvariantCulture), beats.Key.Node,
                beats.Min(l => Time(l[4]))) { Until = beats.Max(l => Time(l[4])) }),
    ];

    private static DateTime Time(string text) =>
        DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal);

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
