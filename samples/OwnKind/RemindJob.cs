using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Npgsql;
using Quartz;
using Scheduler.Runs;

namespace OwnKind;

/// <summary>Settings of the kind <c>invoices.remind</c>: what stands in a job's <c>with</c>, checked when the job is saved.</summary>
public sealed record RemindSettings
{
    /// <summary>An invoice is overdue this long after its day. Default 14d.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "365.00:00:00")]
    public TimeSpan OverdueAfter { get; init; } = TimeSpan.FromDays(14);

    /// <summary>Invoices in one transaction. Default 100.</summary>
    [Range(1, 10_000)]
    public int Batch { get; init; } = 100;
}

/// <summary>Any service of the application: jobs are built by dependency injection.</summary>
public sealed class ReminderText(string currency)
{
    /// <summary>What is written to a customer.</summary>
    public string For(string customer, decimal amount) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Dear {customer}, {amount:0.00} {currency} are still open.");
}

/// <summary>
/// Writes a reminder for each invoice that is overdue. Each batch is one transaction behind the fence: a node that has lost the run writes nothing
/// more, and whoever takes the run over goes on with the invoices that have none. So each invoice gets one reminder.
/// </summary>
public sealed class RemindJob(RemindSettings settings, RunScope run, ReminderText text) : IJob
{
    /// <inheritdoc />
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var reminded = 0;
        var more = true;
        while (more)
        {
            await run.Step(async (connection, _, token) =>
            {
                var open = await Overdue(connection, token);
                foreach (var (id, customer, amount) in open) { await Remind(connection, id, text.For(customer, amount), token); }
                (more, reminded) = (open.Count == settings.Batch, reminded + open.Count);
                return JsonSerializer.Serialize(new { reminded });         // progress, in the same transaction
            });
        }
        run.Output.Write(OutputSource.Out, $"reminded {reminded} customers");
        context.Result = new { reminded };
    }

    private async Task<List<(long Id, string Customer, decimal Amount)>> Overdue(NpgsqlConnection connection, CancellationToken token)
    {
        await using var command = new NpgsqlCommand(
            "select id, customer, amount from sample.invoice where reminder is null and due_at < $1 order by id limit $2 for update", connection);
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = run.DueAt - settings.OverdueAfter });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = settings.Batch });
        await using var reader = await command.ExecuteReaderAsync(token);
        var open = new List<(long, string, decimal)>();
        while (await reader.ReadAsync(token)) { open.Add((reader.GetInt64(0), reader.GetString(1), reader.GetDecimal(2))); }
        return open;
    }

    private async Task Remind(NpgsqlConnection connection, long id, string words, CancellationToken token)
    {
        await using var command = new NpgsqlCommand("update sample.invoice set reminder = $2, reminded_by = $3 where id = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = words });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run.RunKey });
        await command.ExecuteNonQueryAsync(token);
    }
}
