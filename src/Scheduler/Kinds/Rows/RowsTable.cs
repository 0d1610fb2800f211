using Npgsql;
using Scheduler.Database;

namespace Scheduler.Kinds.Rows;

/// <summary>A part of a table that holds rows: the table itself, or a partition.</summary>
internal sealed record RowsPart(long Oid, QualifiedName Name);

/// <summary>A table of the scheduler's database, looked up in the catalog: what is put into statements are the names found there.</summary>
internal sealed record RowsTable(QualifiedName Name, IReadOnlyList<RowsPart> Parts, IReadOnlyList<RowsTable.Column> Columns)
{
    private static readonly string PartsSql = SqlFiles.Read("queries/rows_table_parts.sql");
    private static readonly string ColumnsSql = SqlFiles.Read("queries/rows_table_columns.sql");
    private static readonly string NamesSql = SqlFiles.Read("queries/rows_table_names.sql");

    /// <summary>A column.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Type">Its type, to be put into a cast.</param>
    /// <param name="NotNull">True when it cannot be null.</param>
    /// <param name="Generated">True when the table computes it.</param>
    public sealed record Column(string Name, string Type, bool NotNull, bool Generated)
    {
        /// <summary>Its name in quotes.</summary>
        public string Quoted => QualifiedName.Quote(Name);
    }

    /// <summary>Find it. Throws <see cref="OperatorException"/> with the nearest name when there is none.</summary>
    public static async Task<RowsTable> Find(NpgsqlConnection connection, string text, string key, CancellationToken token)
    {
        var name = QualifiedName.TryParse(text)!;
        var parts = new List<RowsPart>();
        await using (var command = Ask(connection, PartsSql, name))
        await using (var reader = await command.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token))
            {
                if (reader.GetString(3) != "r")
                {
                    throw new OperatorException($"{key} {name}: {reader.GetString(1)}.{reader.GetString(2)} is no ordinary table");
                }
                parts.Add(new(reader.GetInt64(0), new(reader.GetString(1), reader.GetString(2))));
            }
        }
        if (parts.Count == 0 && !await Exists(connection, name, token))
        {
            var near = Spelling.DidYouMean(name.ToString(), await Names(connection, name, token));
            throw new OperatorException($"{key}: there is no table {name}{near}");
        }
        var columns = new List<Column>();
        await using (var command = Ask(connection, ColumnsSql, name))
        await using (var reader = await command.ExecuteReaderAsync(token))
        {
            while (await reader.ReadAsync(token))
            {
                columns.Add(new(reader.GetString(0), reader.GetString(1), reader.GetBoolean(2), reader.GetBoolean(3)));
            }
        }
        return new(name, parts, columns);
    }

    /// <summary>Its column of that name. Throws <see cref="OperatorException"/> with the nearest name when there is none.</summary>
    public Column ColumnOf(string name, string key) => Columns.FirstOrDefault(c => c.Name == name)
        ?? throw new OperatorException($"{key}: table {Name} has no column '{name}'{Spelling.Hint(name, [.. Columns.Select(c => c.Name)])}");

    private static async Task<bool> Exists(NpgsqlConnection connection, QualifiedName name, CancellationToken token) =>
        (await Names(connection, name, token)).Contains(name.ToString());

    private static async Task<List<string>> Names(NpgsqlConnection connection, QualifiedName near, CancellationToken token)
    {
        var names = new List<string>();
        await using var command = Ask(connection, NamesSql, near);
        await using var reader = await command.ExecuteReaderAsync(token);
        while (await reader.ReadAsync(token)) { names.Add(reader.GetString(0)); }
        return names;
    }

    private static NpgsqlCommand Ask(NpgsqlConnection connection, string sql, QualifiedName name) => new(sql, connection)
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = name.Schema }, new NpgsqlParameter<string> { TypedValue = name.Name } },
    };
}
