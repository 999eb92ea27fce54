using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Labels;

/// <summary>
/// The labels of a range of images, all heads: the committed epoch, which is read, and the open one, which is written. Four bytes per
/// image, head and kept epoch; soft labels only in stage two. Pure state without I/O.
/// </summary>
sealed partial class ShardLabels
{
    const int Never = -1;

    readonly ClusteringOptions _options;
    readonly int _first;
    readonly int _count;
    readonly int _heads;
    readonly byte[] _seen;
    readonly byte[] _old;
    int[] _open;
    int[] _committed;
    SoftLabel[]? _soft;
    SoftLabel[]? _committedSoft;

    public ShardLabels(ClusteringOptions options, int firstImage, int imageCount)
    {
        (_options, _first, _count, _heads) = (options, firstImage, imageCount, options.Heads.Count);
        (_seen, _old) = (new byte[imageCount], new byte[imageCount]);
        (_open, _committed) = (new int[_heads * imageCount], new int[_heads * imageCount]);
        Array.Fill(_open, Never);
        Array.Fill(_committed, Never);
    }

    /// <summary>Writes labels of the open epoch.</summary>
    /// <param name="imageIds">n ids of this shard.</param>
    /// <param name="labels">heads x n.</param>
    public void Write(ReadOnlySpan<int> imageIds, ReadOnlySpan<int> labels)
    {
        var n = imageIds.Length;
        for (var i = 0; i < n; i++)
        {
            var at = At(imageIds[i]);
            _seen[at] = 1;
            for (var h = 0; h < _heads; h++)
                _open[(h * _count) + at] = labels[(h * n) + i];
        }
    }

    /// <summary>Closes the open epoch: an image that was not seen keeps its label. Not readable before <see cref="Commit"/>.</summary>
    public (long Seen, long[] Changed, LabelMoves[] Moves) EndEpoch(int epoch)
    {
        var moves = new LabelMoves[_heads];
        for (var h = 0; h < _heads; h++)
            moves[h] = MovesOf(h);
        var seen = 0L;
        var changed = new long[_heads];
        for (var i = 0; i < _count; i++)
        {
            seen += _seen[i];
            for (var h = 0; h < _heads; h++)
            {
                var at = (h * _count) + i;
                if (_seen[i] == 0)
                    _open[at] = _committed[at];
                else if (_committed[at] != Never && _open[at] != _committed[at])
                    changed[h]++;
            }
        }

        if (_options.StageTwoAfterEpoch is { } first && epoch > first)
            UpdateSoftLabels(1.0 / (epoch - first));
        return (seen, changed, moves);
    }

    /// <summary>Makes the closed epoch readable and starts the next.</summary>
    public void Commit()
    {
        (_open, _committed) = (_committed, _open);
        _committedSoft = (SoftLabel[]?)_soft?.Clone();
        for (var i = 0; i < _count; i++)
            _old[i] = (byte)(_seen[i] == 0 && _committed[i] != Never ? 1 : 0);
        Array.Clear(_seen);
    }

    /// <summary>Labels of the committed epoch.</summary>
    /// <exception cref="InvalidImageIdException">An id is not of this shard.</exception>
    public LabelSlice Read(int epoch, ReadOnlySpan<int> imageIds)
    {
        CheckIds(imageIds);
        var n = imageIds.Length;
        var labels = new int[_heads * n];
        var old = new byte[n];
        var soft = _committedSoft is null ? null : new SoftLabelEntry[_heads * n][];
        for (var i = 0; i < n; i++)
        {
            var at = At(imageIds[i]);
            old[i] = _old[at];
            for (var h = 0; h < _heads; h++)
            {
                labels[(h * n) + i] = _committed[(h * _count) + at];
                if (soft is not null)
                    soft[(h * n) + i] = Entries(_committedSoft![(h * _count) + at]);
            }
        }

        return new LabelSlice(epoch, new IntValues(labels), old, soft);
    }

    /// <summary>Labels of the open epoch, heads x n; null where one of the images has not been seen in it.</summary>
    /// <exception cref="InvalidImageIdException">An id is not of this shard.</exception>
    public int[]? ReadOpen(ReadOnlySpan<int> imageIds)
    {
        CheckIds(imageIds);
        var n = imageIds.Length;
        var labels = new int[_heads * n];
        for (var i = 0; i < n; i++)
        {
            var at = At(imageIds[i]);
            if (_seen[at] == 0)
                return null;
            for (var h = 0; h < _heads; h++)
                labels[(h * n) + i] = _open[(h * _count) + at];
        }

        return labels;
    }

    /// <summary>What is known of one image.</summary>
    /// <exception cref="InvalidImageIdException">The id is not of this shard.</exception>
    public ImageStatus Image(int committedEpoch, int imageId)
    {
        var slice = Read(committedEpoch, [imageId]);
        return new ImageStatus(
            imageId,
            committedEpoch,
            slice.Labels.Span.ToArray(),
            slice.Old[0] != 0,
            ReadOpen([imageId]),
            slice.SoftLabels
        );
    }

    void CheckIds(ReadOnlySpan<int> imageIds)
    {
        foreach (var id in imageIds)
            if (id < _first || id >= _first + _count)
                throw new InvalidImageIdException(
                    "imageIds",
                    $"{id}",
                    $"Image {id} is not in this shard, which has {_first} to {_first + _count - 1}."
                );
    }

    /// <summary>Section 3.4: only images seen this epoch change.</summary>
    void UpdateSoftLabels(double fraction)
    {
        _soft ??= new SoftLabel[_heads * _count];
        for (var i = 0; i < _count; i++)
            for (var h = 0; h < _heads && _seen[i] != 0; h++)
                _soft[(h * _count) + i].Update(_open[(h * _count) + i], fraction, _options.SoftLabelSlots);
    }

    static SoftLabelEntry[] Entries(in SoftLabel soft)
    {
        var entries = new SoftLabelEntry[soft.Entries.Length];
        for (var e = 0; e < entries.Length; e++)
            entries[e] = new SoftLabelEntry(soft.Entries[e].Label, soft.Entries[e].Weight);
        return entries;
    }

    int At(int imageId) => imageId - _first;
}
