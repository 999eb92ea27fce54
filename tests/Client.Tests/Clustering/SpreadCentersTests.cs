using CoKe.Client.Clustering;
using CoKe.Client.Features;
using CoKe.Client.Tests.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Tests.Clustering;

public sealed class SpreadCentersTests
{
    [Fact]
    public void Choose_Anything_GivesDistinctRowsOfTheFeatures()
    {
        var features = Blobs.Create(300, 7, 4);
        var rows = Enumerable.Range(0, 300).Select(i => string.Join(' ', features.Row(i).ToArray())).ToHashSet();
        var chosen = SpreadCenters.Choose(features, 40, new SeededRandom(3)).Chunk(7).Select(row => string.Join(' ', row)).ToArray();
        Assert.Subset(rows, chosen.ToHashSet());
        Assert.Equal(40, chosen.Distinct().Count());
    }

    [Fact]
    public void Choose_SameSeed_GivesSameBits()
    {
        var features = Blobs.Create(1000, 33, 8);
        Assert.Equal(SpreadCenters.Choose(features, 20, new SeededRandom(5)), SpreadCenters.Choose(features, 20, new SeededRandom(5)));
        Assert.NotEqual(SpreadCenters.Choose(features, 20, new SeededRandom(5)), SpreadCenters.Choose(features, 20, new SeededRandom(6)));
    }

    [Fact]
    public void Choose_FarGroups_TakesOneRowOfEach()
    {
        float[] values = [.. Enumerable.Range(0, 60).SelectMany(i => Enumerable.Range(0, 6).Select(j => j == i % 6 ? 1f : 0f))];
        var centers = SpreadCenters.Choose(FeatureMatrix.Prepare(60, 6, values), 6, new SeededRandom(1));
        Assert.Equal(6, centers.Chunk(6).Select(row => Array.IndexOf(row, 1f)).Distinct().Count());
    }

    [Fact]
    public void Choose_MoreCentersThanDifferentRows_RepeatsRows()
    {
        var features = FeatureMatrix.Prepare(4, 2, [1, 0, 1, 0, 1, 0, 1, 0]);
        Assert.Equal([1, 0, 1, 0, 1, 0], SpreadCenters.Choose(features, 3, new SeededRandom(1)));
    }
}
