using CoKe.Abstractions.Storage;
using Npgsql;

namespace CoKe.Storage.Postgres;

/// <summary>The table <c>coke.cluster_size</c>. Each call is one statement, so it happens whole or not at all.</summary>
sealed class PostgresSizeTable(PostgresDatabase database) : IClusterSizeTable
{
    public async Task UpsertAsync(string runId, int epoch, IReadOnlyList<HeadSizes> heads)
    {
        var n = heads.Sum(head => head.Sizes.Length);
        var (head, cluster, size, dual) = (new int[n], new int[n], new long[n], new double[n]);
        for (int h = 0, at = 0; h < heads.Count; h++)
        {
            for (var k = 0; k < heads[h].Sizes.Length; k++, at++)
                (head[at], cluster[at], size[at], dual[at]) = (h, k, (long)heads[h].Sizes.Span[k], heads[h].Duals.Span[k]);
        }

        await ExecuteAsync(
            """
            INSERT INTO coke.cluster_size (run, epoch, head, cluster, size, dual)
            SELECT @run, @epoch, head, cluster, size, dual FROM unnest(@heads, @clusters, @sizes, @duals) AS of_epoch(head, cluster, size, dual)
            ON CONFLICT (run, head, epoch, cluster) DO UPDATE SET size = EXCLUDED.size, dual = EXCLUDED.dual
            """,
            ("run", runId), ("epoch", epoch), ("heads", head), ("clusters", cluster), ("sizes", size), ("duals", dual));
    }

    public Task DeleteAsync(string runId) => ExecuteAsync("DELETE FROM coke.cluster_size WHERE run = @run", ("run", runId));

    async Task ExecuteAsync(string sql, params (string Name, object Value)[] parameters)
    {
        try
        {
            await using var command = database.Rows.CreateCommand(sql);
            foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception exception) when (database.Explain(exception) is { } explained)
        {
            throw explained;
        }
    }
}
