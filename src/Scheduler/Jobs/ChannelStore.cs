using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using Scheduler.Database;
using Scheduler.Jobs.Files;

namespace Scheduler.Jobs;

/// <summary>The channels in the database, as files declare them.</summary>
internal static class ChannelStore
{
    private static readonly string AllSql = SqlFiles.Read("queries/notify_channel_all.sql");

    /// <summary>Every channel with its version, as the connection's transaction sees them.</summary>
    public static async Task<IReadOnlyList<(ChannelDefinition Channel, int Version)>> All(NpgsqlConnection connection, CancellationToken token)
    {
        var channels = new List<(ChannelDefinition, int)>();
        await using var command = new NpgsqlCommand(AllSql, connection);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token))
        {
            var keys = new JsonObject
            {
                ["kind"] = reader.GetString(1),
                ["description"] = reader.GetString(2),
                ["with"] = JsonNode.Parse(reader.GetString(3)),
                ["incidents"] = reader.GetBoolean(4),
                ["enabled"] = reader.GetBoolean(5),
                ["quiet"] = reader.IsDBNull(6) ? null : reader.GetString(6),
                ["group_wait"] = Time(reader.GetDouble(7)),
                ["group_interval"] = Time(reader.GetDouble(8)),
                ["remind_every"] = reader.IsDBNull(9) ? null : Time(reader.GetDouble(9)),
            };
            channels.Add((new() { Name = reader.GetString(0), Keys = keys.ToJsonString(), Source = reader.GetString(10) }, reader.GetInt32(11)));
        }
        return channels;
    }

    /// <summary>A channel as a row for notify_channel_put.sql, without its version.</summary>
    public static JsonObject Row(ChannelDefinition channel)
    {
        var row = JobFields.Parse(channel.Keys);
        var settings = row["with"]?.DeepClone() ?? new JsonObject();
        row.Remove("with");
        row["settings"] = settings;
        foreach (var time in (string[])["group_wait", "group_interval", "remind_every"])
        {
            if ((string?)row[time] is not { } text || !Duration.TryParseFine(text, out var value)) { continue; }
            row[time] = string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds} seconds");
        }
        row["name"] = channel.Name;
        row["source"] = channel.Source;
        return row;
    }

    // Parts of a second, which SQL can store, are written so that no file's equals it.
    private static string Time(double seconds) => seconds == Math.Floor(seconds) ? Duration.Format(TimeSpan.FromSeconds(seconds))
        : string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000}ms");
}
