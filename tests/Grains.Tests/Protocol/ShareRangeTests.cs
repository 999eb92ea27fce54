using CoKe.ConstrainedKMeans;
using CoKe.Grains.Placement;
using CsCheck;

namespace CoKe.Grains.Tests.Protocol;

public sealed class ShareRangeTests
{
    /// <summary>However blocks are dealt out, every cluster has a number at exactly one place, in order of k.</summary>
    [Fact]
    public void Numbers_OfAllPlaces_CoverEveryClusterOnce() =>
        Gen.Select(Gen.Int[1, 90], Gen.Int[1, 20], Gen.Int[1, 4], Gen.Int)
            .Sample(
                (clusters, perBlock, places, seed) =>
                {
                    var random = new SeededRandom(seed);
                    var blocks = (clusters + perBlock - 1) / perBlock;
                    var ranges = Enumerable
                        .Range(0, blocks)
                        .GroupBy(_ => random.NextInt32(places))
                        .Select(place => new ShareRange(clusters, perBlock, [.. place]))
                        .ToArray();
                    for (var k = 0; k < clusters; k++)
                    {
                        var range = Assert.Single(ranges, one => one.Number(k) >= 0);
                        Assert.Equal(k, range.Clusters[range.Number(k)]);
                    }

                    foreach (var range in ranges)
                        Assert.Equal(range.Clusters.Order(), range.Clusters);
                    Assert.Equal(clusters, ranges.Sum(range => range.Clusters.Length));
                }
            );
}
