using CoKe.ConstrainedKMeans;

namespace CoKe.Abstractions;

/// <summary>Where the members of some clusters of a head come from, of the epoch that is closed; n values each, one for every
/// cluster.</summary>
/// <param name="Kept">Members that had the same label in the epoch before.</param>
/// <param name="Came">Members that had another one. Those never seen before are in neither.</param>
[GenerateSerializer, Immutable]
public sealed record MemberMoves(IntValues Kept, IntValues Came)
{
    /// <summary>Those of some of the clusters; nothing is copied.</summary>
    public MemberMoves Slice(int first, int count) => new(Kept.Slice(first, count), Came.Slice(first, count));
}

/// <summary>Closes an epoch in a scorer and the blocks and clusters of its place.</summary>
/// <param name="Boundary">The boundary.</param>
/// <param name="Moves">For each head that has clusters here, in order: where the members of these come from.</param>
[GenerateSerializer, Immutable]
public sealed record ScorerBoundary(BoundaryCall Boundary, IReadOnlyList<MemberMoves> Moves);

/// <summary>What a shard tells of one head when an epoch is closed: of its images that were seen in it and had a label before.</summary>
/// <param name="Clusters">m clusters that such images have now, ascending.</param>
/// <param name="Kept">m: images of each that had the same label before.</param>
/// <param name="Came">m: images of each that had another one.</param>
/// <param name="Before">e labels before, ascending: with <paramref name="Now"/> the pairs that occur, of the images that
/// <see cref="JointCounts.StrideOf"/> has counted.</param>
/// <param name="Now">e labels now.</param>
/// <param name="Counts">e: images of each pair.</param>
[GenerateSerializer, Immutable]
public sealed record LabelMoves(IntValues Clusters, IntValues Kept, IntValues Came, IntValues Before, IntValues Now, IntValues Counts);
