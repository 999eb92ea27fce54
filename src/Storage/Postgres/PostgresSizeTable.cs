using CoKe.Abstractions;
using CoKe.Abstractions.Storage;

namespace CoKe.Storage.Postgres;

/// <summary>
/// The table <c>coke.cluster_size</c>. An epoch is one statement, so it comes whole or not at all. Only so many statements at once: people
/// may lock the table for as long as they like, and however many runs wait for it, the grains' rows must keep their connections.
/// </summary>
sealed class PostgresSizeTable(PostgresDatabase database) : IClusterSizeTable
{
    // Some 100 ms each: the lines of a long run in one statement could take longer than a statement may, every time anew.
    const int LinesAtOnce = 50_000;

    readonly SemaphoreSlim _room = new(PostgresDatabase.SizesAtOnce);

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
            SELECT @run, @epoch, head, cluster, size, dual
            FROM unnest(@heads, @clusters, @sizes, @duals) AS of_epoch(head, cluster, size, dual)
            ON CONFLICT (run, head, epoch, cluster) DO UPDATE SET size = EXCLUDED.size, dual = EXCLUDED.dual
            """,
            ("run", runId),
            ("epoch", epoch),
            ("heads", head),
            ("clusters", cluster),
            ("sizes", size),
            ("duals", dual)
        );
    }

    public async Task DeleteAsync(string runId)
    {
        while (
            await ExecuteAsync(
                "DELETE FROM coke.cluster_size WHERE ctid = ANY (ARRAY (SELECT ctid FROM coke.cluster_size WHERE run = @run LIMIT @lines))",
                ("run", runId),
                ("lines", LinesAtOnce)
            ) > 0
        ) { }
    }

    /// <returns>How many lines it changed.</returns>
    async Task<int> ExecuteAsync(string sql, params (string Name, object Value)[] parameters)
    {
        await _room.WaitAsync();
        try
        {
            await using var command = database.Rows.CreateCommand(sql);
            foreach (var (name, value) in parameters)
                command.Parameters.AddWithValue(name, value);
            return await command.ExecuteNonQueryAsync();
        }
        catch (Exception exception) when (database.Explain(exception) is { } explained)
        {
            throw explained;
        }
        finally
        {
            _room.Release();
        }
    }
}
