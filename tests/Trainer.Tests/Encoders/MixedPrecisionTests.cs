using CoKe.Learning.Encoders;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Encoders;

public sealed class MixedPrecisionTests
{
    /// <summary>
    /// Measured: small net .98 and more; ResNet-18 at its first step, over 18 layers, .79 in the worst layer, .95 in the median one.
    /// PyTorch 1.13's own autocast gives the same (.79, .95) for that net, and so does float32 between the convolutions (.83, .95): it is
    /// the 8 bits of mantissa in the products, not the way they are used.
    /// </summary>
    [OneDnnTheory]
    [InlineData(BackboneKind.SmallNet, null, true, 0.95, 0.98)]
    [InlineData(BackboneKind.ResNet18, Stem.Cifar, true, 0.7, 0.9)]
    [InlineData(BackboneKind.ResNet18, Stem.Cifar, false, 0.7, 0.9)]
    internal void Bf16_GradientsOfEveryLayer_PointAsInFp32(BackboneKind kind, Stem? stem, bool channelsLast, double smallest, double median)
    {
        using var scope = NewDisposeScope();
        var options = new EncoderOptions
        {
            Backbone = kind,
            Stem = stem,
            BaseWidth = 8,
            HiddenSize = 64,
            Dimension = 32,
            ImageHeight = 16,
            ImageWidth = 16,
            ChannelsLast = channelsLast,
            ProjectionLayers = 3,
        };
        using var single = new Encoder(options, seed: 1);
        using var brief = new Encoder(options with { Precision = Precision.Bf16 }, seed: 1);
        manual_seed(2);
        // Shapes, not noise: pooling leaves next to no difference between images of noise, and normalization would blow the rounding up
        // with it.
        var (images, direction) = (
            nn.functional.interpolate(randn(64, 3, 4, 4), size: [16, 16], mode: InterpolationMode.Bilinear),
            randn(64, 32)
        );
        foreach (var encoder in new[] { single, brief })
        {
            var embeddings = encoder.call(images);
            Assert.Equal(ScalarType.Float32, embeddings.dtype);
            (embeddings * direction).sum().backward();
        }

        List<float> cosines = [];
        foreach (var ((name, a), (_, b)) in single.named_parameters().Zip(brief.named_parameters()))
        {
            Assert.Equal(ScalarType.Float32, b.dtype);
            // A bias before batch normalization has no gradient but rounding.
            if (a.grad!.norm().item<float>() < 1e-3)
                continue;
            var cosine = nn.functional.cosine_similarity(a.grad.flatten(), b.grad!.flatten(), dim: 0).item<float>();
            Assert.True(cosine > smallest, $"{name}: {cosine}");
            cosines.Add(cosine);
        }
        Assert.InRange(cosines.Order().ElementAt(cosines.Count / 2), median, 1.0001);
        Assert.All(brief.buffers(), b => Assert.Equal(ScalarType.Float32, b.dtype));
    }
}
