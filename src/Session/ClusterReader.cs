using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Session;

/// <summary>Pulls labels and frozen centers of committed epochs from shards and heads.</summary>
internal sealed class ClusterReader(IGrainFactory grains, string runId, ClusteringOptions options, RunLayout layout)
{
    // A message must stay far below the 100 MiB at which a connection gives up.
    const int FloatsPerMessage = 4 << 20;

    public async Task<EpochLabels> ReadLabelsAsync(EpochName epoch, ReadOnlyMemory<int> imageIds)
    {
        var (heads, n) = (options.Heads.Count, imageIds.Length);
        var labels = Enumerable.Range(0, heads).Select(_ => new int[n]).ToArray();
        var old = new bool[n];
        SoftLabelEntry[][][]? soft = null;
        var rowsByShard = new SortedDictionary<int, List<int>>();
        for (var i = 0; i < n; i++)
        {
            var id = imageIds.Span[i];
            if ((uint)id >= (uint)options.ImageCount)
                throw new InvalidImageIdException("imageIds", $"{id}", $"Image id {id} is unknown: this run has ids 0 to {options.ImageCount - 1}.");
            var shard = id / layout.ImagesPerShard;
            if (!rowsByShard.TryGetValue(shard, out var rows)) rowsByShard[shard] = rows = [];
            rows.Add(i);
        }

        var slices = await Task.WhenAll(rowsByShard.Select(async part =>
        {
            var ids = part.Value.Select(i => imageIds.Span[i]).ToArray();
            return (part.Value, Slice: await grains.GetGrain<IImageShardGrain>(Keys.Shard(runId, part.Key)).ReadAsync(epoch, new IntBlock(ids)));
        }));
        foreach (var (rows, slice) in slices)
        {
            if (slice.SoftLabels is not null) soft ??= Enumerable.Range(0, heads).Select(_ => Enumerable.Repeat(Array.Empty<SoftLabelEntry>(), n).ToArray()).ToArray();
            for (var j = 0; j < rows.Count; j++)
            {
                old[rows[j]] = slice.Old[j] != 0;
                for (var h = 0; h < heads; h++)
                {
                    labels[h][rows[j]] = slice.Labels.Span[(h * rows.Count) + j];
                    if (slice.SoftLabels is not null) soft![h][rows[j]] = slice.SoftLabels[(h * rows.Count) + j];
                }
            }
        }

        return new EpochLabels(epoch.Epoch, labels, old, soft);
    }

    public Task<float[][]> ReadCentersAsync(EpochName epoch) => Task.WhenAll(options.Heads.Select(async (head, h) =>
    {
        var d = options.Dimension;
        var grain = grains.GetGrain<IHeadGrain>(Keys.Head(runId, h));
        var centers = new float[head.ClusterCount * d];
        var chunk = Math.Max(1, FloatsPerMessage / d);
        for (var first = 0; first < head.ClusterCount; first += chunk)
        {
            var part = await grain.GetCentersAsync(epoch, first, Math.Min(chunk, head.ClusterCount - first));
            part.Span.CopyTo(centers.AsSpan(first * d));
        }

        return centers;
    }));
}
