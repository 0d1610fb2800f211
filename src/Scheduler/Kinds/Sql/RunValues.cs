using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Scheduler.Jobs;
using Scheduler.Runs;

namespace Scheduler.Kinds.Sql;

/// <summary>The values statements may name, bound as parameters: built-ins, params, what went before the run, secrets.</summary>
internal static class RunValues
{
    /// <summary>The parameter for a name.</summary>
    /// <param name="name">E.g. <c>run.due_at</c> or <c>params.day</c>.</param>
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
        "prev.due_at" => Nullable(NpgsqlDbType.TimestampTz, run.KnownPast.PrevDueAt),
        "prev.succeeded_at" => Nullable(NpgsqlDbType.TimestampTz, run.KnownPast.PrevSucceededAt),
        "parent.run_key" => Nullable(NpgsqlDbType.Text, run.KnownPast.Parent?.RunKey),
        "parent.verdict" => Nullable(NpgsqlDbType.Text, run.KnownPast.Parent?.Verdict),
        "parent.result" => Nullable(NpgsqlDbType.Text, run.KnownPast.Parent?.Result),
        _ when name.StartsWith(Placeholders.ResultPrefix, StringComparison.Ordinal) =>
            Nullable(NpgsqlDbType.Text, run.KnownPast.Parent?.ResultOf(name[Placeholders.ResultPrefix.Length..])),
        _ when Placeholders.IsSecret(name) => new NpgsqlParameter<string> { TypedValue = run.Secret(name[Placeholders.SecretPrefix.Length..]) },
        _ when Placeholders.IsParam(name) => Of(run.Params[name[Placeholders.ParamPrefix.Length..]]),
        _ => throw new InvalidOperationException($"'{name}' has no value"),
    };

    // Typed as the job declares it, so that a statement means the same whatever a request gives: whole numbers bigint, others numeric, texts text,
    // lists and maps jsonb.
    private static NpgsqlParameter Of(RunParam param) => param.Value.ValueKind switch
    {
        JsonValueKind.String => new NpgsqlParameter<string> { TypedValue = param.Value.GetString() },
        JsonValueKind.True or JsonValueKind.False => new NpgsqlParameter<bool> { TypedValue = param.Value.GetBoolean() },
        JsonValueKind.Number when param.IsWhole => new NpgsqlParameter<long> { TypedValue = param.Value.GetInt64() },
        JsonValueKind.Number when param.Value.TryGetDecimal(out var number) => new NpgsqlParameter<decimal> { TypedValue = number },
        JsonValueKind.Number => new NpgsqlParameter<double> { TypedValue = param.Value.GetDouble() },
        // What type it has is for the statement to say.
        JsonValueKind.Null => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Unknown, Value = DBNull.Value },
        _ => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = param.Value.GetRawText() },
    };

    private static NpgsqlParameter Nullable(NpgsqlDbType type, object? value) => new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };
}
