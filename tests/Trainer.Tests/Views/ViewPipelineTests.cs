using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Data;
using CoKe.Trainer.Training;
using CoKe.Trainer.Views;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Views;

public sealed class ViewPipelineTests
{
    public static TheoryData<string> Names => [.. ViewPresets.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Of_EveryPreset_GivesItsGroupsWithinTheRangeOfPixels(string name)
    {
        using var scope = NewDisposeScope();
        var set = ViewPresets.Named(name).Resized(large: 24, small: 12);

        var groups = Views(set, new SeededRandom(3));

        Assert.Equal(set.Views.Count, groups.Sum(g => g.Views.Length));
        foreach (var group in groups)
        {
            Assert.Equal($"{5 * group.Views.Length}x3x{group.Size}x{group.Size}", string.Join('x', group.Images.shape));
            Assert.True(group.Images.min().item<float>() >= -1e-5 && group.Images.max().item<float>() <= 1 + 1e-5);
        }
    }

    [Fact]
    public void Of_StateSetBack_RepeatsBitForBit()
    {
        using var scope = NewDisposeScope();
        var random = new SeededRandom(3);
        var set = ViewPresets.Named("coke-multi").Resized(24, 12);
        var before = random.State;
        var first = Views(set, random);
        var other = Views(set, random);
        random.State = before;
        var again = Views(set, random);

        for (var g = 0; g < 2; g++)
        {
            Assert.True(first[g].Images.bytes.SequenceEqual(again[g].Images.bytes));
            Assert.False(first[g].Images.bytes.SequenceEqual(other[g].Images.bytes));
        }
    }

    [Fact]
    public void Of_OneImageManyTimes_DrawsAnotherViewEachTime()
    {
        using var scope = NewDisposeScope();
        using var normalization = Normalization.None(1, 255, CPU);
        using var pipeline = new ViewPipeline(ViewPresets.Named("small-gray"), normalization, new SeededRandom(2), CPU);
        byte[] image = [.. Enumerable.Range(0, 28 * 28).Select(i => (byte)(i % 251))];
        using var batch = new ImageBatch([.. image, .. image, .. image], 1, [.. Enumerable.Repeat(new ImageSize(28, 28), 3)]);

        var views = pipeline.Of(batch)[0].Images;

        for (var i = 1; i < 6; i++)
            Assert.False(views[0].bytes.SequenceEqual(views[i].bytes));
    }

    [Fact]
    public void Named_Multicrop_HasTheSizesAndAreasOfItsSource()
    {
        Assert.Equal("2x224 6x96", string.Join(' ', ViewPresets.Named("swav").Groups().Select(g => $"{g.Views.Length}x{g.Size}")));
        Assert.Equal((0.14, 0.05, 0.14), (ViewPresets.Named("swav").Views[0].SmallestArea, ViewPresets.Named("swav").Views[7].SmallestArea, ViewPresets.Named("swav").Views[7].LargestArea));
    }

    [Fact]
    public void Named_Unknown_SaysWhichThereAre() => Assert.Contains("moco-v2", Assert.Throws<InvalidOptionsException>(() => ViewPresets.Named("none")).Message);

    [Fact]
    public void Validate_AreasTheWrongWayRound_AreRefusedByName() =>
        Assert.Equal("LargestArea", Assert.Throws<InvalidOptionsException>(() => new ViewOptions { SmallestArea = 0.5, LargestArea = 0.4 }.Validate()).Field);

    [Fact]
    public void CropBox_ManyDraws_LieInsideWithTheAskedAreaAndAspect()
    {
        var random = new SeededRandom(7);
        var options = new ViewOptions { SmallestArea = 0.2 };
        var boxes = Enumerable.Range(0, 4000).Select(_ => CropBox.Draw(options, 200, 300, random)).ToArray();

        Assert.All(boxes, b => Assert.True(b.Top >= 0 && b.Left >= 0 && b.Top + b.Height <= 200 && b.Left + b.Width <= 300));
        Assert.All(boxes, b => Assert.InRange(b.Height * b.Width / 60000, 0.19, 1));
        Assert.All(boxes, b => Assert.InRange(b.Width / b.Height, 0.74, 1.35));
        Assert.InRange(boxes.Average(b => (b.Left + b.Width / 2) / 300), 0.49, 0.51);
    }

    [Fact]
    public void ColorOrder_ManyDraws_AreAll24OrdersAboutEquallyOften()
    {
        var random = new SeededRandom(7);
        var counts = Enumerable.Range(0, 24000).Select(_ => ColorOrder.Draw(random)).CountBy(o => (o[0], o[1], o[2], o[3])).ToArray();

        Assert.Equal(24, counts.Length);
        Assert.All(counts, c => Assert.Equal(4, new HashSet<ColorChange> { c.Key.Item1, c.Key.Item2, c.Key.Item3, c.Key.Item4 }.Count));
        Assert.All(counts, c => Assert.InRange(c.Value, 840, 1160)); // five standard deviations
    }

    static IReadOnlyList<ViewGroup> Views(ViewSet set, SeededRandom random)
    {
        using var normalization = Normalization.None(3, 255, CPU);
        using var pipeline = new ViewPipeline(set, normalization, random, CPU);
        using var batch = new ImageBatch([.. Enumerable.Range(0, 5 * 3 * 20 * 30).Select(i => (byte)(i * 31 % 256))], 3, [.. Enumerable.Repeat(new ImageSize(20, 30), 5)]);
        return pipeline.Of(batch);
    }
}
