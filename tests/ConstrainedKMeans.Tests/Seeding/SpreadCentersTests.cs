namespace CoKe.ConstrainedKMeans.Tests.Seeding;

public sealed class SpreadCentersTests
{
    [Fact]
    public void Choose_Anything_GivesDistinctRowsOfTheFeatures()
    {
        var rows = Unit(300, 7, 4);
        var known = rows.Chunk(7).Select(row => string.Join(' ', row)).ToHashSet();
        var chosen = SpreadCenters.Choose(rows, 300, 7, 40, new SeededRandom(3)).Chunk(7).Select(row => string.Join(' ', row)).ToArray();
        Assert.Subset(known, chosen.ToHashSet());
        Assert.Equal(40, chosen.Distinct().Count());
    }

    [Fact]
    public void Choose_SameSeed_GivesSameBits()
    {
        var rows = Unit(1000, 33, 8);
        Assert.Equal(
            SpreadCenters.Choose(rows, 1000, 33, 20, new SeededRandom(5)),
            SpreadCenters.Choose(rows, 1000, 33, 20, new SeededRandom(5))
        );
        Assert.NotEqual(
            SpreadCenters.Choose(rows, 1000, 33, 20, new SeededRandom(5)),
            SpreadCenters.Choose(rows, 1000, 33, 20, new SeededRandom(6))
        );
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)]
    public void Choose_AnyNumberOfThreads_GivesSameBits(int threads)
    {
        var rows = Unit(3000, 19, 8);
        Assert.Equal(
            SpreadCenters.Choose(rows, 3000, 19, 150, new SeededRandom(5), threads: 1),
            SpreadCenters.Choose(rows, 3000, 19, 150, new SeededRandom(5), threads)
        );
    }

    [Fact]
    public void Choose_FarGroups_TakesOneRowOfEach()
    {
        float[] values = [.. Enumerable.Range(0, 60).SelectMany(i => Enumerable.Range(0, 6).Select(j => j == i % 6 ? 1f : 0f))];
        var centers = SpreadCenters.Choose(values, 60, 6, 6, new SeededRandom(1));
        Assert.Equal(6, centers.Chunk(6).Select(row => Array.IndexOf(row, 1f)).Distinct().Count());
    }

    [Fact]
    public void Choose_ManyFarGroups_FindsEveryOne()
    {
        const int Groups = 64;
        float[] values =
        [
            .. Enumerable.Range(0, 10 * Groups).SelectMany(i => Enumerable.Range(0, Groups).Select(j => j == i % Groups ? 1f : 0f)),
        ];
        var centers = SpreadCenters.Choose(values, 10 * Groups, Groups, Groups, new SeededRandom(1));
        Assert.Equal(Groups, centers.Chunk(Groups).Select(row => Array.IndexOf(row, 1f)).Distinct().Count());
    }

    [Fact]
    public void Choose_MoreCentersThanDifferentRows_RepeatsRows() =>
        Assert.Equal([1, 0, 1, 0, 1, 0], SpreadCenters.Choose(new float[] { 1, 0, 1, 0, 1, 0, 1, 0 }, 4, 2, 3, new SeededRandom(1)));

    [Fact]
    public void Choose_ValuesThatAreNotRowsTimesDimension_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SpreadCenters.Choose(new float[9], 5, 2, 2, new SeededRandom(1)));

    static float[] Unit(int rows, int dimension, int modes) => Features.Modes(new SeededRandom(1), rows, dimension, modes: modes);
}
