namespace CoKe.ConstrainedKMeans;

/// <summary>A member of a cluster, and how similar it is to the center that it was assigned to.</summary>
/// <param name="ImageId">The image, 0 to N - 1.</param>
/// <param name="Similarity">x . c with the center that assigned it (eqn 10), -1 to 1 but for rounding.</param>
public readonly record struct RankedMember(int ImageId, float Similarity);

/// <summary>The members of one cluster and epoch that stand out. A cluster of few members has the same ones on both sides.</summary>
/// <param name="MostSimilar">Its exemplars: the most similar first, of equal ones the lowest id; at most 8.</param>
/// <param name="LeastSimilar">The least similar first, of equal ones the lowest id; at most 4.</param>
public sealed record RankedMembers(IReadOnlyList<RankedMember> MostSimilar, IReadOnlyList<RankedMember> LeastSimilar)
{
    /// <summary>Of a cluster without members.</summary>
    public static RankedMembers None { get; } = new([], []);
}

/// <summary>
/// Keeps the most and the least similar members of a cluster while its members pass by, in bounded memory: what it holds depends on which
/// members came, and not on their order. Not thread safe.
/// </summary>
public sealed class MemberRanking
{
    /// <summary>Most similar members that are kept.</summary>
    public const int MostSimilarKept = 8;

    /// <summary>Least similar members that are kept.</summary>
    public const int LeastSimilarKept = 4;

    // Ascending by rank: the first is the best of its list. The least similar are kept with their signs turned, so that both lists are one.
    readonly RankedMember[] _most = new RankedMember[MostSimilarKept];
    readonly RankedMember[] _least = new RankedMember[LeastSimilarKept];
    int _mostCount;
    int _leastCount;

    /// <summary>A member joins; every image at most once between two calls of <see cref="Clear"/>.</summary>
    /// <param name="imageId">The image.</param>
    /// <param name="similarity">x . c; finite.</param>
    public void Add(int imageId, float similarity)
    {
        Insert(_most, ref _mostCount, new RankedMember(imageId, similarity));
        Insert(_least, ref _leastCount, new RankedMember(imageId, -similarity));
    }

    /// <summary>Forgets all members.</summary>
    public void Clear() => (_mostCount, _leastCount) = (0, 0);

    /// <summary>Those that stand out so far, as a copy.</summary>
    public RankedMembers Snapshot() =>
        _mostCount == 0
            ? RankedMembers.None
            : new RankedMembers(
                _most[.._mostCount],
                Array.ConvertAll(_least[.._leastCount], member => member with { Similarity = -member.Similarity })
            );

    /// <summary>What a snapshot holds, in the place of all members so far.</summary>
    public void Restore(RankedMembers members)
    {
        Clear();
        foreach (var member in members.MostSimilar)
            Insert(_most, ref _mostCount, member);
        foreach (var member in members.LeastSimilar)
            Insert(_least, ref _leastCount, member with { Similarity = -member.Similarity });
    }

    static void Insert(RankedMember[] kept, ref int count, RankedMember member)
    {
        if (count == kept.Length && !IsBefore(member, kept[^1]))
            return; // nearly every member of a large cluster
        var at = count < kept.Length ? count++ : count - 1;
        for (; at > 0 && IsBefore(member, kept[at - 1]); at--)
            kept[at] = kept[at - 1];
        kept[at] = member;
    }

    static bool IsBefore(in RankedMember a, in RankedMember b) =>
        a.Similarity > b.Similarity || (a.Similarity == b.Similarity && a.ImageId < b.ImageId);
}
