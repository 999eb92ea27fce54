using CoKe.Abstractions;

namespace CoKe.Grains.Sequencing;

/// <summary>Splits a step's labels by the shards that own its images.</summary>
static class ShardRouter
{
    /// <summary>One entry per touched shard, ascending: its image ids in row order, and heads x n labels.</summary>
    public static IEnumerable<(int Shard, IntValues ImageIds, IntValues Labels)> Split(
        IReadOnlyList<MiniBatch> batches,
        IReadOnlyList<IntValues> labelsByHead,
        int shardCount,
        int imagesPerShard
    )
    {
        var count = new int[shardCount];
        foreach (var batch in batches)
            foreach (var id in batch.ImageIds.Span)
                count[id / imagesPerShard]++;

        var heads = labelsByHead.Count;
        var ids = new int[shardCount][];
        var labels = new int[shardCount][];
        for (var s = 0; s < shardCount; s++)
            if (count[s] > 0)
                (ids[s], labels[s]) = (new int[count[s]], new int[count[s] * heads]);

        var at = new int[shardCount];
        var row = 0;
        foreach (var batch in batches)
        {
            foreach (var id in batch.ImageIds.Span)
            {
                var s = id / imagesPerShard;
                ids[s][at[s]] = id;
                for (var h = 0; h < heads; h++)
                    labels[s][(h * count[s]) + at[s]] = labelsByHead[h].Span[row];
                at[s]++;
                row++;
            }
        }

        for (var s = 0; s < shardCount; s++)
            if (count[s] > 0)
                yield return (s, new IntValues(ids[s]), new IntValues(labels[s]));
    }
}
