using System.Text;
using NUnit.Framework;
using Scheduler.TestKit;

namespace Scheduler.ClusterTests;

/// <summary>A secret that every kind uses, also where it fails, and that nothing stored or logged may hold. reliability.md T13.</summary>
[TestFixture, Platform("Linux")]
public sealed class SecretTests
{
    private const string Canary = "cAnaRy/7f3+e&91 \"ä";

    private const string Jobs = """
        jobs:
          sql-shows: { kind: sql, schedule: manual, with: { statement: "do $d$ begin end $d$; select set_config('app.x', ${secret:CANARY}, true)" } }
          sql-fails: { kind: sql, schedule: manual, with: { statement: "select ${secret:CANARY}::text::int" } }
          sql-notices: { kind: sql, schedule: manual, with: { statement: "select public.say(${secret:CANARY})" } }
          command-shows:
            kind: command
            schedule: manual
            with:
              shell: true
              env: { C: "${secret:CANARY}" }
              argv: ['echo "$C"; printf %s "user:$C" | base64; printf %s "$C" >&2; printf "\033[1m$C"']
          command-fails:
            kind: command
            schedule: manual
            with: { shell: true, env: { C: "${secret:CANARY}" }, argv: ['echo "no entry with $C" >&2; exit 3'] }
          http-shows:
            kind: http
            schedule: manual
            with: { url: "URL/echo?c=${secret:CANARY}", method: POST, body: '{"c": "${secret:CANARY}"}', headers: { X-Secret: "a${secret:ASCII}" } }
          http-fails: { kind: http, schedule: manual, with: { url: "URL/status/404?c=${secret:CANARY}" } }
          http-refused: { kind: http, schedule: manual, with: { url: "http://10.0.0.1/${secret:CANARY}" } }
          probe: { kind: http.probe, schedule: manual, with: { targets: [{ url: "URL/status/500?c=${secret:CANARY}" }] } }
          missing: { kind: http, schedule: manual, with: { url: "URL/echo?c=${secret:NO_SUCH_SECRET}" } }
          own: { kind: http, schedule: manual, with: { url: "URL/echo?c=${secret:SCHEDULER__CONNECTION}" } }
        """;

    [Test]
    public async Task A_canary_is_in_no_table_and_no_log_and_a_rotated_one_counts_at_once()
    {
        var folder = Directory.CreateTempSubdirectory("scheduler-secrets-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "CANARY"), Canary + "\n");
        await using var receiver = await HttpReceiver.Start();
        await using var cluster = await TestCluster.Start(new()
        {
            Nodes = 1,
            Jobs = Jobs.Replace("URL", receiver.Url, StringComparison.Ordinal),
            Prepare = "create function public.say(t text) returns void language plpgsql as $$ begin raise notice 'it is %', t; end $$",
            Setup = new()
            {
                Environment = new Dictionary<string, string>
                {
                    ["SCHEDULER_SECRETS_DIR"] = folder,
                    ["ASCII"] = "ascii-canary-5521",
                    ["SCHEDULER__COMMANDS__SHELL"] = "true",
                    ["SCHEDULER__HTTP__ALLOW"] = "127.0.0.1",
                },
            },
        });
        var verdicts = new Dictionary<string, string>();
        foreach (var job in await cluster.Database.Rows<string>("select name from scheduler.job"))
        {
            verdicts[job] = (await cluster.UntilFinished(await cluster.RunNow(job))).Verdict!;
        }
        Assert.That(verdicts.Where(v => v.Value == "succeeded").Select(v => v.Key).Order(StringComparer.Ordinal),
            Is.EqualTo(new[] { "command-shows", "http-shows", "sql-notices", "sql-shows" }));
        Assert.That(receiver.Requests.First(r => r.Path.StartsWith("/echo", StringComparison.Ordinal)).Body, Does.Contain("cAnaRy"), "it was sent");
        Assert.That(await cluster.Database.Value<long>("select count(*) from scheduler.run_output where text like '%[secret CANARY]%'"),
            Is.GreaterThanOrEqualTo(5));
        await ExpectNowhere(cluster);
        Assert.That(await Error(cluster, "missing"), Does.Contain("NO_SUCH_SECRET").And.Contain("is missing"));
        Assert.That(await Error(cluster, "own"), Does.Contain("is the node's own"));

        await File.WriteAllTextAsync(Path.Combine(folder, "CANARY"), "rotated-secret");
        await cluster.UntilFinished(await cluster.RunNow("http-shows"));
        Assert.That(receiver.Requests.Last().Body, Does.Contain("rotated-secret"));
        Directory.Delete(folder, recursive: true);
    }

    private static Task<string?> Error(TestCluster cluster, string job) =>
        cluster.Database.Value<string>("select error from scheduler.run where job = @job", new { job });

    private static async Task ExpectNowhere(TestCluster cluster)
    {
        var bytes = Encoding.UTF8.GetBytes(Canary);
        string[] forms = ["cAnaRy", "ascii-canary", Uri.EscapeDataString(Canary), Convert.ToBase64String(bytes)[..16],
            Convert.ToBase64String([.. "user:"u8, .. bytes])[8..24]];
        var tables = await cluster.Database.Rows<string>("""
            select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('scheduler', 'scheduler_private', 'quartz', 'public')
            """);
        foreach (var table in tables)
        {
            foreach (var form in forms)
            {
                var found = await cluster.Database.Value<long>($"select count(*) from {table} t where strpos(t::text, @form) > 0", new { form });
                Assert.That(found, Is.Zero, $"{form} in {table}");
            }
        }
        foreach (var node in cluster.Nodes)
        {
            Assert.That(node.Log().Where(l => forms.Any(f => l.Contains(f, StringComparison.Ordinal))), Is.Empty);
        }
    }
}
