using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Clusters;

public sealed class MemberRankingTests
{
    // Few values, so that many are equal; every image once.
    static readonly Gen<RankedMember[]> s_members = Gen.Select(Gen.Int[0, 60], Gen.Int)
        .Select(
            (n, seed) =>
            {
                var random = new SeededRandom(seed);
                return random.Permutation(n).Select(id => new RankedMember(id, (random.NextInt32(13) - 6) / 8f)).ToArray();
            }
        );

    [Fact]
    public void Add_AnyMembers_KeepsWhatASortPutsFirst() =>
        s_members.Sample(members =>
        {
            var ranking = new MemberRanking();
            foreach (var member in members)
                ranking.Add(member.ImageId, member.Similarity);
            AssertSorted(members, ranking.Snapshot());
        });

    [Fact]
    public void Restore_OfASnapshotAmidTheMembers_GoesOnAsIfNothingHadHappened() =>
        Gen.Select(s_members, Gen.Int[0, 60])
            .Sample(
                (members, at) =>
                {
                    var (whole, first, second) = (new MemberRanking(), new MemberRanking(), new MemberRanking());
                    foreach (var (i, member) in members.Index())
                    {
                        whole.Add(member.ImageId, member.Similarity);
                        if (i == at)
                            second.Restore(first.Snapshot());
                        (i < at ? first : second).Add(member.ImageId, member.Similarity);
                    }

                    if (at < members.Length)
                        AssertSorted(members, second.Snapshot());
                    AssertSorted(members, whole.Snapshot());
                }
            );

    [Fact]
    public void Clear_ForgetsAll()
    {
        var ranking = new MemberRanking();
        ranking.Add(3, 0.5f);
        var before = ranking.Snapshot();
        ranking.Clear();
        ranking.Add(4, 0.25f);
        Assert.Equal([new RankedMember(4, 0.25f)], ranking.Snapshot().MostSimilar);
        Assert.Equal([new RankedMember(3, 0.5f)], before.LeastSimilar);
    }

    static void AssertSorted(RankedMember[] members, RankedMembers kept)
    {
        Assert.Equal(
            members.OrderByDescending(m => m.Similarity).ThenBy(m => m.ImageId).Take(MemberRanking.MostSimilarKept),
            kept.MostSimilar
        );
        Assert.Equal(members.OrderBy(m => m.Similarity).ThenBy(m => m.ImageId).Take(MemberRanking.LeastSimilarKept), kept.LeastSimilar);
    }
}
