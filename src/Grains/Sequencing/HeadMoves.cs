using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Sequencing;

/// <summary>Where the members of one head's clusters come from, of all shards together.</summary>
sealed class HeadMoves
{
    readonly int[] _kept;
    readonly int[] _came;

    HeadMoves(int[] kept, int[] came, double? agreement, long images) =>
        (_kept, _came, Agreement, Images) = (kept, came, agreement, images);

    /// <summary>Normalized mutual information of the labels with those before; null: no image had one before.</summary>
    public double? Agreement { get; }

    /// <summary>Images that were compared for it.</summary>
    public long Images { get; }

    /// <summary>Adds up what the shards told.</summary>
    /// <param name="clusterCount">K.</param>
    /// <param name="ofShards">One for each, in any order: the result is the same.</param>
    public static HeadMoves Of(int clusterCount, IEnumerable<LabelMoves> ofShards)
    {
        LabelMoves[] told = [.. ofShards];
        int[] kept = new int[clusterCount],
            came = new int[clusterCount];
        var pairs = told.Sum(moves => moves.Counts.Length);
        int[] before = new int[pairs],
            now = new int[pairs],
            counts = new int[pairs];
        var at = 0;
        foreach (var moves in told)
        {
            for (var i = 0; i < moves.Clusters.Length; i++)
            {
                kept[moves.Clusters.Span[i]] += moves.Kept.Span[i];
                came[moves.Clusters.Span[i]] += moves.Came.Span[i];
            }

            moves.Before.Span.CopyTo(before.AsSpan(at));
            moves.Now.Span.CopyTo(now.AsSpan(at));
            moves.Counts.Span.CopyTo(counts.AsSpan(at));
            at += moves.Counts.Length;
        }

        var joint = JointCounts.OfCounts(before, now, counts);
        return new HeadMoves(kept, came, joint.NormalizedMutualInformation(), joint.Total);
    }

    /// <summary>Those of some clusters.</summary>
    /// <param name="clusters">k of each.</param>
    public MemberMoves At(int[] clusters) =>
        new(new IntValues(Array.ConvertAll(clusters, k => _kept[k])), new IntValues(Array.ConvertAll(clusters, k => _came[k])));
}
