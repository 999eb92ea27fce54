using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client;

/// <summary>Pulls labels and frozen centers of committed epochs from shards and blocks, and on demand what is not committed.</summary>
sealed class ClusterReader(IGrainFactory grains, string runId, ClusteringOptions options, RunLayout layout)
{
    const int BlocksAtATime = 32;

    public async Task<EpochLabels> ReadLabelsAsync(EpochName epoch, ReadOnlyMemory<int> imageIds)
    {
        var (heads, n) = (options.Heads.Count, imageIds.Length);
        var labels = Enumerable.Range(0, heads).Select(_ => new int[n]).ToArray();
        var old = new bool[n];
        SoftLabelEntry[][][]? soft = null;
        var slices = await Task.WhenAll(
            ByShard(imageIds.Span)
                .Select(async part =>
                {
                    var ids = part.Value.Select(i => imageIds.Span[i]).ToArray();
                    return (
                        part.Value,
                        Slice: await grains.GetGrain<IImageShardGrain>(Keys.Shard(runId, part.Key)).ReadAsync(epoch, new IntValues(ids))
                    );
                })
        );
        foreach (var (rows, slice) in slices)
        {
            if (slice.SoftLabels is not null)
                soft ??= Enumerable.Range(0, heads).Select(_ => Enumerable.Repeat(Array.Empty<SoftLabelEntry>(), n).ToArray()).ToArray();
            for (var j = 0; j < rows.Count; j++)
            {
                old[rows[j]] = slice.Old[j] != 0;
                for (var h = 0; h < heads; h++)
                {
                    labels[h][rows[j]] = slice.Labels.Span[(h * rows.Count) + j];
                    if (slice.SoftLabels is not null)
                        soft![h][rows[j]] = slice.SoftLabels[(h * rows.Count) + j];
                }
            }
        }

        return new EpochLabels(epoch.Epoch, labels, old, soft);
    }

    /// <summary>What the open epoch has given to some images by a step, and where the centers are after it.</summary>
    public async Task<UncommittedState> ReadUncommittedAsync(UncommittedName name, ReadOnlyMemory<int> imageIds)
    {
        var labels = options.Heads.Select(_ => new int[imageIds.Length]).ToArray();
        var slices = Task.WhenAll(
            ByShard(imageIds.Span)
                .Select(async part =>
                {
                    var ids = part.Value.Select(i => imageIds.Span[i]).ToArray();
                    return (
                        Rows: part.Value,
                        Labels: await grains
                            .GetGrain<IImageShardGrain>(Keys.Shard(runId, part.Key))
                            .ReadUncommittedAsync(name, new IntValues(ids))
                    );
                })
        );
        var centers = ReadCentersAsync(block => block.GetUncommittedCentersAsync(name));
        await Task.WhenAll(slices, centers);
        foreach (var (rows, slice) in slices.Result)
            for (var j = 0; j < rows.Count; j++)
                for (var h = 0; h < labels.Length; h++)
                    labels[h][rows[j]] = slice.Span[(h * rows.Count) + j];
        return new UncommittedState(name.Epoch, name.Step, labels, centers.Result);
    }

    /// <summary>Frozen centers of every head, K x d.</summary>
    public Task<float[][]> ReadCentersAsync(EpochName epoch) => ReadCentersAsync(block => block.GetCentersAsync(epoch));

    /// <summary>Frozen centers of one head, K x d.</summary>
    public Task<float[]> ReadCentersAsync(EpochName epoch, int head) => ReadCentersAsync(head, block => block.GetCentersAsync(epoch));

    /// <summary>Every cluster of one head.</summary>
    /// <param name="head">The head.</param>
    /// <param name="rowClock">Rows the run has accepted.</param>
    /// <param name="incarnation">The run's incarnation.</param>
    public async Task<IReadOnlyList<ClusterSummary>> ReadClustersAsync(int head, long rowClock, int incarnation)
    {
        var blocks = await Task.WhenAll(BlocksOf(head).Select(block => block.GetClustersAsync(rowClock, incarnation)));
        return [.. blocks.SelectMany(clusters => clusters)];
    }

    /// <summary>Those clusters of a head whose frozen centers are nearest to that of one of them. Blocks compare: no centers travel but
    /// those of one block.</summary>
    /// <param name="epoch">The committed epoch.</param>
    /// <param name="head">The head.</param>
    /// <param name="cluster">The one.</param>
    /// <param name="count">How many others at most.</param>
    public async Task<IReadOnlyList<NearCluster>> ReadNearestAsync(EpochName epoch, int head, int cluster, int count)
    {
        IClusterBlockGrain[] blocks = [.. BlocksOf(head)];
        var own = await blocks[cluster / layout.ClustersPerBlock].GetCentersAsync(epoch);
        var center = FloatValues.From(own.Span.Slice(cluster % layout.ClustersPerBlock * options.Dimension, options.Dimension));
        var near = new List<NearCluster>();
        foreach (var some in blocks.Chunk(BlocksAtATime))
        {
            var told = await Task.WhenAll(some.Select(block => block.GetNearestAsync(epoch, count + 1, center)));
            near.AddRange(told.SelectMany(ofBlock => ofBlock).Where(other => other.Cluster != cluster));
        }

        return [.. near.OrderByDescending(other => other.Similarity).ThenBy(other => other.Cluster).Take(count)];
    }

    /// <summary>What is known of one image.</summary>
    /// <param name="incarnation">The run's incarnation.</param>
    /// <param name="imageId">The image.</param>
    /// <exception cref="InvalidImageIdException">The run has no such image.</exception>
    public Task<ImageStatus> ReadImageAsync(int incarnation, int imageId)
    {
        var shard = ImageIdCheck.Known(imageId, options.ImageCount) / layout.ImagesPerShard;
        return grains.GetGrain<IImageShardGrain>(Keys.Shard(runId, shard)).GetImageAsync(incarnation, imageId);
    }

    SortedDictionary<int, List<int>> ByShard(ReadOnlySpan<int> imageIds)
    {
        var rowsByShard = new SortedDictionary<int, List<int>>();
        for (var i = 0; i < imageIds.Length; i++)
        {
            var shard = ImageIdCheck.Known(imageIds[i], options.ImageCount) / layout.ImagesPerShard;
            if (!rowsByShard.TryGetValue(shard, out var rows))
                rowsByShard[shard] = rows = [];
            rows.Add(i);
        }

        return rowsByShard;
    }

    Task<float[][]> ReadCentersAsync(Func<IClusterBlockGrain, Task<FloatValues>> read) =>
        Task.WhenAll(options.Heads.Select((_, h) => ReadCentersAsync(h, read)));

    async Task<float[]> ReadCentersAsync(int head, Func<IClusterBlockGrain, Task<FloatValues>> read)
    {
        var centers = new float[options.Heads[head].ClusterCount * options.Dimension];
        var at = 0;
        // Some at a time: answers that wait to be copied are as large as the centers.
        foreach (var blocks in BlocksOf(head).Chunk(BlocksAtATime))
        {
            foreach (var part in await Task.WhenAll(blocks.Select(read)))
            {
                part.Span.CopyTo(centers.AsSpan(at));
                at += part.Length;
            }
        }

        return centers;
    }

    IEnumerable<IClusterBlockGrain> BlocksOf(int head) =>
        Enumerable
            .Range(0, layout.BlockCount(options.Heads[head].ClusterCount))
            .Select(b => grains.GetGrain<IClusterBlockGrain>(Keys.Block(runId, head, b)));
}
