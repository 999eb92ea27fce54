using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Data;
using CoKe.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Training;

public sealed class AugmentationTests
{
    static readonly AugmentationOptions Nothing = new()
    {
        SmallestArea = 1, SmallestAspect = 1, Flip = false, Rotation = 0, JitterProbability = 0, GrayProbability = 0,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void View_EqualSeeds_GiveEqualBits(int channels)
    {
        using var scope = NewDisposeScope();

        Assert.True(SameBits(View(new AugmentationOptions { Rotation = 10 }, channels, seed: 5), View(new AugmentationOptions { Rotation = 10 }, channels, seed: 5)));
        Assert.False(SameBits(View(new AugmentationOptions(), channels, seed: 5), View(new AugmentationOptions(), channels, seed: 6)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void View_NothingAskedFor_OnlyNormalizes(int channels)
    {
        using var scope = NewDisposeScope();
        var (images, normalization) = Images(channels);

        var difference = (View(Nothing, channels, seed: 1) - normalization.Apply(images.clone())).abs().max().item<float>();

        Assert.True(difference < 1e-4, $"differs by {difference}");
    }

    [Fact]
    public void View_FlipOnly_MirrorsSomeAndKeepsOthers()
    {
        using var scope = NewDisposeScope();
        var (images, normalization) = Images(1);
        var plain = normalization.Apply(images.clone());
        var view = View(Nothing with { Flip = true }, 1, seed: 3);

        bool Equal(Tensor a, Tensor b) => (a - b).abs().max().item<float>() < 1e-4;
        var kept = Enumerable.Range(0, 16).Count(i => Equal(view[i], plain[i]));
        var mirrored = Enumerable.Range(0, 16).Count(i => Equal(view[i], plain[i].flip(2)));

        Assert.Equal(16, kept + mirrored);
        Assert.InRange(kept, 2, 14);
    }

    [Fact]
    public void View_SameImageManyTimes_DrawsAnotherViewEachTime()
    {
        using var scope = NewDisposeScope();
        var (images, normalization) = Images(1);

        var views = new Augmentation(new AugmentationOptions(), normalization, new SeededRandom(9)).View(images[..1].repeat(8, 1, 1, 1));

        for (var i = 1; i < 8; i++)
            Assert.False(SameBits(views[0], views[i]));
    }

    [Fact]
    public void View_StrongJitter_StaysInTheRangeOfPixels()
    {
        using var scope = NewDisposeScope();
        var (_, normalization) = Images(3);
        var (black, white) = (normalization.Apply(zeros(1, 3, 1, 1)), normalization.Apply(ones(1, 3, 1, 1)));

        var view = View(new AugmentationOptions { Jitter = 0.9, JitterProbability = 1, ColorJitter = 0.9 }, 3, seed: 2);

        Assert.True((view >= black - 1e-5).all().item<bool>() && (view <= white + 1e-5).all().item<bool>());
    }

    [Fact]
    public void View_AllGray_HasEqualChannels()
    {
        using var scope = NewDisposeScope();
        var options = Nothing with { GrayProbability = 1 };
        var (_, normalization) = Images(3);
        var black = normalization.Apply(zeros(1, 3, 1, 1));
        var white = normalization.Apply(ones(1, 3, 1, 1));

        var pixels = (View(options, 3, seed: 2) - black) / (white - black);

        Assert.True((pixels - pixels.mean([1], keepdim: true)).abs().max().item<float>() < 1e-5);
    }

    [Fact]
    public void Normalization_TrainingImages_GetMeanZeroAndVarianceOne()
    {
        using var scope = NewDisposeScope();
        var (images, normalization) = Images(3);

        var normal = normalization.Apply(images.clone());

        Assert.True(normal.mean([0, 2, 3]).abs().max().item<float>() < 1e-4);
        Assert.True((normal.pow(2).mean([0, 2, 3]) - 1).abs().max().item<float>() < 1e-3);
    }

    static bool SameBits(Tensor a, Tensor b) => a.bytes.SequenceEqual(b.bytes);

    static Tensor View(AugmentationOptions options, int channels, int seed)
    {
        var (images, normalization) = Images(channels);
        return new Augmentation(options, normalization, new SeededRandom(seed)).View(images);
    }

    static (Tensor Images, Normalization Normalization) Images(int channels)
    {
        var random = new SeededRandom(4);
        byte[] pixels = [255, .. Enumerable.Range(1, 16 * channels * 9 * 11 - 1).Select(_ => (byte)random.NextInt32(256))];
        var set = new ImageSet(pixels, channels, 9, 11);
        var normalization = Normalization.Of(set, CPU);
        return (normalization.ToUnitRange(tensor(pixels, ScalarType.Byte).view(16, channels, 9, 11)), normalization);
    }
}
