using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Learning.Images;
using CoKe.Learning.Tensors;
using CoKe.Learning.Views;
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
            Assert.Equal($"{5 * group.Views.Length}x3x{group.Size.Height}x{group.Size.Width}", string.Join('x', group.Images.shape));
            Assert.True(group.Images.min().item<float>() >= -1e-5 && group.Images.max().item<float>() <= 1 + 1e-5);
        }
    }

    [Fact]
    public void Of_LongStripsEitherWay_AreNotPaddedToOneSquare()
    {
        // 50,000 x 50,000 pixels are more than an int counts.
        var strips = new ImageBatch(new byte[300_000], 3, [new ImageSize(1, 50_000), new ImageSize(50_000, 1)]);

        Assert.Equal(
            [(1, 50_000), (50_000, 1)],
            SourceChunk.Of(strips, largestView: 64, CPU, padded: true).Select(chunk => (chunk.Height, chunk.Width))
        );
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

    /// <summary>A scalar that nothing held was freed now and then while libtorch read it: an exception, or another number (see
    /// <see cref="TorchScalars"/>).</summary>
    [Fact]
    public void Of_WhileTheFinalizerIsBusy_IsTheSameEveryTime()
    {
        using var scope = NewDisposeScope();
        using var done = new CancellationTokenSource();
        var set = ViewPresets.Named("coke-multi").Resized(24, 12);
        var collector = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            var random = new SeededRandom(3);
            var before = random.State;
            byte[]? first = null;
            for (var i = 0; i < 300; i++)
            {
                using var views = NewDisposeScope();
                random.State = before;
                var bytes = Views(set, random)[0].Images.bytes.ToArray();
                Assert.Equal(first ??= bytes, bytes);
            }
        }
        finally
        {
            done.Cancel();
            collector.Join();
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

    /// <summary>Crops grow over the first half of the epochs, along a straight line.</summary>
    [Theory]
    [InlineData(0, 0.2)]
    [InlineData(0.25, 0.5)]
    [InlineData(0.5, 0.8)]
    [InlineData(1, 0.8)]
    public void MoveTo_CropsThatGrow_AreOfTheAreaOfThatMoment(double progress, double smallest)
    {
        using var normalization = Normalization.None(1, 255, CPU);
        using var pipeline = new ViewPipeline(
            new ViewSet(
                "growing",
                [
                    new ViewOptions
                    {
                        Size = 8,
                        SmallestArea = 0.2,
                        LastSmallestArea = 0.8,
                        SmallestAspect = 1,
                    },
                ]
            ),
            normalization,
            new SeededRandom(3),
            CPU
        );
        var before = Areas();

        pipeline.MoveTo(1);
        pipeline.MoveTo(progress);

        Assert.InRange(before.Min(), 0.199, 0.21);
        Assert.InRange(Areas().Min(), smallest - 0.001, smallest + 0.01);
        double[] Areas() =>
            [.. pipeline.Draw([.. Enumerable.Repeat(new ImageSize(4000, 4000), 2000)])[0].Select(d => d.Crop.Height * d.Crop.Width / 16e6)];
    }

    /// <summary>Images that are no squares make views that are none: what covers the whole image is the image.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_ViewsAsWideAsTheImages_AreTheImagesOrTheirMirrors(bool subpixel)
    {
        using var scope = NewDisposeScope();
        using var normalization = Normalization.None(3, 255, CPU);
        var random = new SeededRandom(3);
        using var pipeline = new ViewPipeline(
            new ViewSet(
                "whole",
                [
                    new ViewOptions
                    {
                        Size = 20,
                        Width = 30,
                        SmallestAspect = 1,
                        SubpixelCrops = subpixel,
                        FlipProbability = 0.5,
                    },
                ]
            ),
            normalization,
            random,
            CPU
        );
        using var batch = Batch(16);

        var views = pipeline.Of(batch).Single().Images;

        var images = tensor(batch.Pixels, ScalarType.Byte).view(16, 3, 20, 30).to_type(ScalarType.Float32) / 255;
        bool Equal(Tensor a, Tensor b) => (a - b).abs().max().item<float>() < 1e-4;
        var (kept, mirrored) = (
            Enumerable.Range(0, 16).Count(i => Equal(views[i], images[i])),
            Enumerable.Range(0, 16).Count(i => Equal(views[i], images[i].flip(2)))
        );
        Assert.Equal(16, kept + mirrored);
        Assert.InRange(kept, 2, 14);
    }

    /// <summary>A view of other proportions than a square: blur and crops know its sides apart.</summary>
    [Fact]
    public void Of_WideViews_AreTheTurnedViewsOfTurnedImages()
    {
        using var scope = NewDisposeScope();
        using var normalization = Normalization.None(3, 255, CPU);
        using var batch = Batch(2);
        var turnedPixels = tensor(batch.Pixels, ScalarType.Byte).view(2, 3, 20, 30).transpose(2, 3).contiguous();
        using var turned = new ImageBatch(turnedPixels.bytes.ToArray(), 3, [.. Enumerable.Repeat(new ImageSize(30, 20), 2)]);
        Tensor Made(ImageBatch images, int rows, int columns, CropBox crop)
        {
            using var pipeline = new ViewPipeline(
                new ViewSet(
                    "wide",
                    [
                        new ViewOptions
                        {
                            Size = rows,
                            Width = columns,
                            BlurProbability = 1,
                        },
                    ]
                ),
                normalization,
                new SeededRandom(1),
                CPU
            );
            var draw = new ViewDraw
            {
                Crop = crop,
                Jitter = ColorJitter.None,
                Blur = 1.3f,
            };
            return pipeline
                .Of(
                    images,
                    [
                        [draw, draw],
                    ]
                )
                .Single()
                .Images;
        }

        var wide = Made(batch, 8, 14, new CropBox(2, 3, 12, 20));
        var high = Made(turned, 14, 8, new CropBox(3, 2, 20, 12));

        Assert.True((wide - high.transpose(2, 3)).abs().max().item<float>() < 1e-5);
    }

    [Fact]
    public void Normalization_TrainingImages_GetMeanZeroAndVarianceOne()
    {
        using var scope = NewDisposeScope();
        using var batch = Batch(16);
        using var normalization = Normalization.Of(new ImageSet(batch.Pixels, 3, 20, 30), CPU);

        var normal = normalization.Apply(normalization.ToUnitRange(tensor(batch.Pixels, ScalarType.Byte).view(16, 3, 20, 30)));

        Assert.True(normal.mean([0, 2, 3]).abs().max().item<float>() < 1e-4);
        Assert.True((normal.pow(2).mean([0, 2, 3]) - 1).abs().max().item<float>() < 1e-3);
    }

    [Fact]
    public void Named_Multicrop_HasTheSizesAndAreasOfItsSource()
    {
        Assert.Equal("2x224 6x96", string.Join(' ', ViewPresets.Named("swav").Groups().Select(g => $"{g.Views.Length}x{g.Size.Height}")));
        Assert.Equal(
            (0.14, 0.05, 0.14),
            (
                ViewPresets.Named("swav").Views[0].SmallestArea,
                ViewPresets.Named("swav").Views[7].SmallestArea,
                ViewPresets.Named("swav").Views[7].LargestArea
            )
        );
    }

    [Fact]
    public void Named_Unknown_SaysWhichThereAre() =>
        Assert.Contains("moco-v2", Assert.Throws<InvalidOptionsException>(() => ViewPresets.Named("none")).Message);

    [Fact]
    public void Validate_AreasTheWrongWayRound_AreRefusedByName() =>
        Assert.Equal(
            "LargestArea",
            Assert.Throws<InvalidOptionsException>(() => new ViewOptions { SmallestArea = 0.5, LargestArea = 0.4 }.Validate()).Field
        );

    [Theory]
    [InlineData(0)]
    [InlineData(0.7)]
    public void Validate_LastAreaOutsideTheOthers_IsRefusedByName(double last) =>
        Assert.Equal(
            "LastSmallestArea",
            Assert
                .Throws<InvalidOptionsException>(() =>
                    new ViewOptions
                    {
                        SmallestArea = 0.5,
                        LargestArea = 0.6,
                        LastSmallestArea = last,
                    }.Validate()
                )
                .Field
        );

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
        using var batch = Batch(5);
        return pipeline.Of(batch);
    }

    static ImageBatch Batch(int count) =>
        new(
            [.. Enumerable.Range(0, count * 3 * 20 * 30).Select(i => (byte)(i * 31 % 256))],
            3,
            [.. Enumerable.Repeat(new ImageSize(20, 30), count)]
        );
}
