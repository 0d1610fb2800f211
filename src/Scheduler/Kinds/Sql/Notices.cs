using Npgsql;
using Scheduler.Runs;

namespace Scheduler.Kinds.Sql;

/// <summary>PostgreSQL's notices as output of a run.</summary>
internal static class Notices
{
    /// <summary>Write what a session says to a run's output until the answer is disposed of.</summary>
    public static IDisposable Heard(NpgsqlConnection connection, RunOutput output) => new Ear(connection, output);

    private sealed class Ear : IDisposable
    {
        private readonly NpgsqlConnection connection;
        private readonly RunOutput output;

        public Ear(NpgsqlConnection connection, RunOutput output)
        {
            (this.connection, this.output) = (connection, output);
            connection.Notice += Hear;
        }

        public void Dispose() => connection.Notice -= Hear;

        private void Hear(object sender, NpgsqlNoticeEventArgs e) => output.Write(OutputSource.Notice, $"{e.Notice.Severity}: {e.Notice.MessageText}"
            + (e.Notice.Detail is { Length: > 0 } detail ? $"\n  detail: {detail}" : "")
            + (e.Notice.Hint is { Length: > 0 } hint ? $"\n  hint: {hint}" : ""));
    }
}
