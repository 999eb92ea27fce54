using CoKe.Abstractions;
using CoKe.Abstractions.Storage;

namespace CoKe.Storage.Postgres;

/// <summary>What the tables of the schema take, with their indexes and what is stored beside the rows.</summary>
sealed class PostgresSize(PostgresDatabase database) : IStorageSize
{
    // The number of rows is the server's own estimate: to count them would read all.
    const string Question = $"""
        SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint,
               greatest(coalesce(max(reltuples) FILTER (WHERE relname = 'grain_state'), 0), 0)::bigint
        FROM pg_class WHERE relkind = 'r' AND relnamespace = '{PostgresSchema.Name}'::regnamespace
        """;

    public async Task<StorageStatistics> MeasureAsync()
    {
        try
        {
            await using var command = database.Rows.CreateCommand(Question);
            await using var answer = await command.ExecuteReaderAsync();
            await answer.ReadAsync();
            return new StorageStatistics("postgres", answer.GetInt64(0), answer.GetInt64(1));
        }
        catch (Exception exception) when (database.Explain(exception) is { } explained)
        {
            throw explained;
        }
    }
}
