namespace CoKe.ConstrainedKMeans.Tests.Algorithm;

/// <summary>What clusters remember of the mini-batches that pass by, beside all members sorted at the end.</summary>
public sealed class RememberedTests
{
    const double Rounding = 1e-5; // similarities are float32, and the dual was added and taken off again

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void EndEpoch_RandomOptions_RemembersMembersAndHistory(int seed)
    {
        var options = RandomRuns.Options(seed);
        using var kMeans = new OnlineConstrainedKMeans(options);
        int[][] before = [.. kMeans.Heads.Select(head => head.Labels.ToArray())];
        for (var t = 0; t < RandomRuns.Epochs; t++)
        {
            var members = kMeans.Heads.Select(head => new List<(int Image, double Similarity)>[head.Plan.ClusterCount]).ToArray();
            foreach (var (x, ids) in RandomRuns.Batches(options, seed, t))
            {
                var centers = kMeans.Heads.Select(Centers).ToArray();
                var labels = kMeans.Step(x, ids);
                for (var h = 0; h < labels.Length; h++)
                    for (var i = 0; i < ids.Length; i++)
                        (members[h][labels[h][i]] ??= []).Add((ids[i], Dot(x, i, centers[h], labels[h][i], options.Dimension)));
            }

            float[][] frozen = [.. kMeans.Heads.Select(head => head.FrozenCenters())];
            kMeans.EndEpoch();
            foreach (var (h, head) in kMeans.Heads.Index())
                for (var k = 0; k < head.Plan.ClusterCount; k++)
                    AssertRemembered(head, k, t, members[h][k] ?? [], frozen[h], before[h]);
            before = [.. kMeans.Heads.Select(head => head.Labels.ToArray())];
        }
    }

    static void AssertRemembered(
        OracleHead head,
        int k,
        int epoch,
        List<(int Image, double Similarity)> members,
        float[] frozen,
        int[] before
    )
    {
        var kept = head.Cluster(k).LastMembers;
        AssertFirst(members.OrderByDescending(m => m.Similarity), MemberRanking.MostSimilarKept, kept.MostSimilar);
        AssertFirst(members.OrderBy(m => m.Similarity), MemberRanking.LeastSimilarKept, kept.LeastSimilar);
        Assert.Empty(head.Cluster(k).OpenMembers.MostSimilar);

        Assert.Equal(epoch + 1, head.History(k).Count);
        var last = head.History(k)[^1];
        var known = members.Where(member => before[member.Image] >= 0).ToArray();
        Assert.Equal(members.Count, last.Size);
        Assert.Equal(known.Count(member => before[member.Image] == k), last.Kept);
        Assert.Equal(known.Count(member => before[member.Image] != k), last.Came);
        Assert.Equal(head.Dual(k), last.Dual);
        var d = head.Plan.Dimension;
        var moved = Math.Sqrt(Enumerable.Range(0, d).Sum(j => Math.Pow((double)head.Frozen(k)[j] - frozen[(k * d) + j], 2)));
        Assert.Equal(moved, last.Moved, 1e-6);
    }

    // Where rounding decides which of two is kept, either may be.
    static void AssertFirst(IOrderedEnumerable<(int Image, double Similarity)> sorted, int most, IReadOnlyList<RankedMember> kept)
    {
        var expected = sorted.ToArray();
        Assert.Equal(Math.Min(most, expected.Length), kept.Count);
        for (var i = 0; i < kept.Count; i++)
        {
            Assert.Equal(expected[i].Similarity, kept[i].Similarity, Rounding);
            Assert.Equal(expected.Single(member => member.Image == kept[i].ImageId).Similarity, kept[i].Similarity, Rounding);
        }
    }

    static float[] Centers(OracleHead head) => [.. Enumerable.Range(0, head.Plan.ClusterCount).SelectMany(k => head.Center(k).ToArray())];

    static double Dot(float[] x, int row, float[] centers, int k, int d) =>
        Enumerable.Range(0, d).Sum(j => (double)x[(row * d) + j] * centers[(k * d) + j]);
}
