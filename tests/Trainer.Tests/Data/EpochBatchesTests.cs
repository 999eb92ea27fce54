using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Images;

namespace CoKe.Trainer.Tests.Data;

public sealed class EpochBatchesTests
{
    [Theory]
    [InlineData(100, 32, 1)]
    [InlineData(100, 33, 2)]
    [InlineData(101, 32, 3)]
    [InlineData(64, 64, 7)]
    [InlineData(7, 7, 7)]
    public void Of_AllRanks_AreTogetherTheMiniBatchesOfOneTrainer(int images, int batchSize, int world)
    {
        var order = new SeededRandom(1).Permutation(images);
        var whole = EpochBatches.Of(order, batchSize);
        var parts = Enumerable.Range(0, world).Select(rank => EpochBatches.Of(order, batchSize, new RankPart(rank, world))).ToArray();

        Assert.Equal(order, whole.SelectMany(b => b));
        Assert.Equal(EpochBatches.Count(images, batchSize), whole.Length);
        for (var step = 0; step < whole.Length; step++)
        {
            Assert.Equal(whole[step], parts.SelectMany(p => p[step]));
            Assert.InRange(parts.Max(p => p[step].Length) - parts.Min(p => p[step].Length), 0, 1);
        }
    }

    [Fact]
    public void Of_MoreTrainersThanImages_IsRefused() =>
        Assert.Equal("world", Assert.Throws<InvalidOptionsException>(() => EpochBatches.Of([0, 1, 2, 3], 2, new RankPart(0, 3))).Field);

    [Theory]
    [InlineData(0, 0, "world")]
    [InlineData(-1, 2, "rank")]
    [InlineData(2, 2, "rank")]
    public void RankPart_ThatDoesNotExist_IsRefusedByName(int rank, int world, string field) =>
        Assert.Equal(field, Assert.Throws<InvalidOptionsException>(() => new RankPart(rank, world)).Field);

    [Fact]
    public void MemoryImages_Read_GivesTheImagesAskedFor()
    {
        var source = new MemoryImages(new ImageSet([1, 2, 3, 4, 5, 6], 1, 1, 2));

        using var batch = source
            .Read([
                [2, 0],
            ])
            .Single();

        byte[] expected = [5, 6, 1, 2];
        Assert.Equal(expected, batch.Images.Pixels);
        Assert.Equal((3, 1, 6), (source.Count, source.Channels, source.Largest));
    }
}
