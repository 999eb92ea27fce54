using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;

namespace CoKe.Grains.Tests.Durability;

/// <summary>Snapshots of blocks that an earlier version stored: it knew no members that stand out, and of closed epochs the sizes
/// alone.</summary>
public sealed class EarlierBlockTests
{
    // Two clusters of dimension 2 after epoch 1, by the encoder of that version; then amid epoch 2, when the first has three members.
    const string Boundary =
        "AQECBwAoAAAAAAAA0D/IAQAAAAAAANA/yAEAAIA/AAAAAAAAgD8AAAAAAAAAAAAAAAAAAAAAAAAAAAI8KAcAPAAAAAAAAOA/yAEAAAAAAADgP8gBAAAAAAAA"
        + "gD8AAAAAAACAPwAAAAAAAAAAAAAAAAAAAAACKDw=";

    const string Open = "AQACCQEDAAAAAAAAwD/cAc3MzMzMzPw/MzMzMzMzA0ABBwA=";

    static readonly HeadPlan Plan = new(
        new ClusteringOptions
        {
            ImageCount = 100,
            Dimension = 2,
            BatchSize = 10,
            Heads = [new HeadOptions { ClusterCount = 2 }],
        },
        0
    );

    [Fact]
    public void Decode_AsItWasStored_IsWhatItWasButForWhatNobodyKept()
    {
        var clusters = BlockPayload.Decode(Plan, 0, new float[4], Convert.FromBase64String(Boundary), Convert.FromBase64String(Open));

        Assert.Equal([9, 7], clusters.Select(cluster => cluster.Version));
        Assert.Equal(new ClusterFigures(3, 40, new Dual(0.125, 220), new Dual(0.25, 200)), clusters[0].Figures);
        Assert.Equal([1.8, 2.4], clusters[0].Sum.Span.ToArray());
        Assert.Equal([0.6f, 0.8f], clusters[0].Center.Span.ToArray());
        Assert.Equal([ClusterEpoch.OfSize(40), ClusterEpoch.OfSize(60)], clusters[1].History);
        Assert.All(clusters, cluster => Assert.Empty(cluster.OpenMembers.MostSimilar));
        Assert.All(clusters, cluster => Assert.Empty(cluster.LastMembers.LeastSimilar));
    }

    [Fact]
    public void Encode_OfWhatWasRead_IsReadAgainAsTheSame()
    {
        var boundary = BlockPayload.Decode(Plan, 0, new float[4], Convert.FromBase64String(Boundary), null);
        var again = BlockPayload.Decode(Plan, 0, new float[4], BlockPayload.Encode(Plan, boundary, true), Convert.FromBase64String(Open));

        Assert.Equal(boundary.Select(cluster => cluster.Figures.LastCount), again.Select(cluster => cluster.Figures.LastCount));
        Assert.Equal(boundary[0].History, again[0].History);
        Assert.Equal(3, again[0].Figures.Count);
    }
}
