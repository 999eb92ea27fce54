using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Labels;

/// <summary>Which images changed their cluster in the epoch that ends, and from where to where.</summary>
sealed partial class ShardLabels
{
    /// <summary>Of one head, of images that were seen and had a label before. Before those not seen take their old label.</summary>
    LabelMoves MovesOf(int head)
    {
        var stride = JointCounts.StrideOf(_options.ImageCount);
        int[] kept = new int[_options.Heads[head].ClusterCount],
            came = new int[kept.Length];
        var (before, now) = (new List<int>(), new List<int>());
        for (var i = 0; i < _count; i++)
        {
            var (was, label) = (_committed[(head * _count) + i], _open[(head * _count) + i]);
            if (_seen[i] == 0 || was == Never)
                continue;
            (was == label ? kept : came)[label]++;
            if ((_first + i) % stride != 0)
                continue;
            before.Add(was);
            now.Add(label);
        }

        int[] clusters = [.. Enumerable.Range(0, kept.Length).Where(k => kept[k] + came[k] > 0)];
        var joint = JointCounts.Of([.. before], [.. now]);
        var (first, second, counts) = (new int[joint.Length], new int[joint.Length], new int[joint.Length]);
        joint.CopyTo(first, second, counts);
        return new LabelMoves(
            new IntValues(clusters),
            new IntValues(Array.ConvertAll(clusters, k => kept[k])),
            new IntValues(Array.ConvertAll(clusters, k => came[k])),
            new IntValues(first),
            new IntValues(second),
            new IntValues(counts)
        );
    }
}
