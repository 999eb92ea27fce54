using CoKe.Errors;
using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Rows;

public sealed class RowSourceTests
{
    const int Wide = 2048;

    [Fact]
    public void MemoryRows_InBlocksOfAnyLength_AreTheRowsOfOneArray() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 7], Gen.Int[1, 12], Gen.Int[0, 1000])
            .Sample(
                (rows, d, blockRows, seed) =>
                {
                    var values = Values(rows * d, seed);
                    RowSource one = new MemoryRows(values, d),
                        several = InBlocks(values, d, blockRows);
                    Assert.Equal(rows, several.Rows);
                    var random = new SeededRandom(seed);
                    int first = random.NextInt32(rows),
                        count = random.NextInt32(rows - first + 1);
                    Assert.Equal(one.Range(first, count, new()), several.Range(first, count, new()));
                    int[] any = [.. Enumerable.Range(0, 9).Select(_ => random.NextInt32(rows))];
                    float[] gathered = new float[9 * d],
                        again = new float[9 * d];
                    one.Gather(any, gathered);
                    several.Gather(any, again);
                    Assert.Equal(gathered, again);
                    Assert.Equal(any.SelectMany(row => values[(row * d)..((row + 1) * d)]), gathered);
                }
            );

    [Theory]
    [InlineData(0, 5)]
    [InlineData(4, 1)]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(3, int.MaxValue)]
    public void Range_RowsThatThereAreNot_IsRefused(int first, int count) =>
        Assert.All<RowSource>([new MemoryRows(new float[8], 2), InBlocks(new float[8], 2, 3), new CopiedRows(new float[8], 2)], rows =>
            Assert.Throws<ArgumentOutOfRangeException>(() => rows.Range(first, count, new()).Length)
        );

    [Fact]
    public void Gather_RowOrRoomThatThereIsNot_IsRefused()
    {
        var rows = new MemoryRows(new float[8], 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.Gather([4], new float[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.Gather([-1], new float[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => rows.Gather([1], new float[3]));
    }

    [Fact]
    public void MemoryRows_BlocksThatAreNoWholeRowsOrOfOtherLengths_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryRows(new float[7], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryRows([new float[4], new float[2], new float[4]], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryRows([new float[2], new float[4]], 2));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Scan_MoreRowsThanOneBatch_HandsOverAllInOrder(bool inMemory)
    {
        var values = Values(1500 * Wide, 1);
        RowSource rows = inMemory ? InBlocks(values, Wide, 700) : new CopiedRows(values, Wide);
        var (seen, batches) = (new List<float>(), 0);
        rows.Scan(
            (first, batch) =>
            {
                Assert.Equal(seen.Count, first * Wide);
                seen.AddRange(batch);
                batches++;
            }
        );
        Assert.True(batches > 1);
        Assert.Equal(values, seen);
    }

    [Fact]
    public void Scan_RowThatCannotBeRead_EndsWithTheErrorOfTheFile()
    {
        var rows = new CopiedRows(new float[1500 * Wide], Wide) { Unreadable = 1400 };
        var last = -1;
        Assert.Throws<InvalidFileException>(() => rows.Scan((first, batch) => last = first + (batch.Length / Wide)));
        Assert.InRange(last, 1, 1400);
    }

    [Fact]
    public void Scan_WorkThatFailsOrIsCanceled_Ends()
    {
        var rows = new CopiedRows(new float[1500 * Wide], Wide);
        Assert.Throws<InvalidOperationException>(() => rows.Scan((_, _) => throw new InvalidOperationException()));
        using var source = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => rows.Scan((_, _) => source.Cancel(), source.Token));
    }

    // 2^31 values and a few more, of one block that stands for all.
    [Fact]
    public void Range_BeyondTwoToThe31Values_GivesTheRowsAsked()
    {
        const int BlockRows = 1024;
        var block = Values(BlockRows * Wide, 1);
        var rows = new MemoryRows([.. Enumerable.Repeat<ReadOnlyMemory<float>>(block, 1025)], Wide);
        Assert.True((long)rows.Rows * rows.Dimension > int.MaxValue);
        var last = rows.Rows - 1;
        Assert.Equal(block.AsSpan(^Wide..), rows.Range(last, 1, new()));
        var gathered = new float[2 * Wide];
        rows.Gather([last, 1], gathered);
        Assert.Equal([.. block[^Wide..], .. block[Wide..(2 * Wide)]], gathered);
        var centers = SpreadCenters.Choose(rows, 2, new SeededRandom(1));
        Assert.All(centers.Chunk(Wide), center => Assert.True(block.AsSpan().IndexOf(center) % Wide == 0));
    }

    static MemoryRows InBlocks(float[] values, int d, int blockRows) =>
        new([.. values.Chunk(blockRows * d).Select(block => new ReadOnlyMemory<float>(block))], d);

    static float[] Values(int count, int seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextUniform())];
    }
}
