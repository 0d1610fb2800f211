using Npgsql;
using Scheduler.Runs;

namespace Scheduler.Kinds.Sql;

/// <summary>The built-in values statements may name, bound as parameters (see <see cref="SqlText.BuiltIns"/>).</summary>
internal static class RunValues
{
    /// <summary>The parameter for a built-in.</summary>
    /// <param name="name">E.g. <c>run.due_at</c>.</param>
    /// <param name="run">The run.</param>
    /// <param name="dueAt">When the run is due to the statement's mind: an approved run works as of the one it goes on with.</param>
    public static NpgsqlParameter Of(string name, RunScope run, DateTime dueAt) => name switch
    {
        "run.key" => new NpgsqlParameter<string> { TypedValue = run.RunKey },
        "run.due_at" => new NpgsqlParameter<DateTime> { TypedValue = dueAt },
        "run.token" => new NpgsqlParameter<long> { TypedValue = run.RunToken },
        "run.attempt" => new NpgsqlParameter<int> { TypedValue = run.Attempt },
        "job.name" => new NpgsqlParameter<string> { TypedValue = run.Job },
        "node.name" => new NpgsqlParameter<string> { TypedValue = run.Node },
        _ => throw new InvalidOperationException($"built-in '{name}' has no value"),
    };
}
