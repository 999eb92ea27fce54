using CoKe.Learning.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Views;

/// <summary>Color operations on batches [n, c, h, w] of values 0 to 1, each image by its own numbers. Like torchvision's on tensors; gray
/// images (c = 1) have no color to change.</summary>
static class Colors
{
    static readonly Scalar Red = TorchScalars.Of(0.299f),
        Green = TorchScalars.Of(0.587f),
        Blue = TorchScalars.Of(0.114f);

    /// <summary>Luma [n, 1, h, w] by the weights of ITU-R BT.601; of one channel: itself.</summary>
    public static Tensor Luma(Tensor images) =>
        images.shape[1] == 1
            ? images
            : images.narrow(1, 0, 1).mul(Red).add_(images.narrow(1, 1, 1), Green).add_(images.narrow(1, 2, 1), Blue);

    /// <summary>Takes the color of those that <paramref name="chosen"/> names, in place.</summary>
    public static void MakeGray(Tensor images, ReadOnlySpan<bool> chosen)
    {
        if (images.shape[1] == 3)
            Chosen.Change(images, chosen, (some, _) => Luma(some).expand_as(some));
    }

    /// <summary>
    /// Brightness, contrast, saturation and hue, each image in its own order, in place. Step by step: whatever an image's change at this
    /// step is, the first three are x f + base (1 - f) with base 0, the mean luma or each pixel's luma, so one pass serves all images; hue
    /// is done for those whose turn it is.
    /// </summary>
    public static void Jitter(Tensor images, ReadOnlySpan<ColorJitter> jitters)
    {
        var (count, colored) = (jitters.Length, images.shape[1] == 3);
        if (!jitters.ContainsAnyExcept(ColorJitter.None))
            return;
        var (factors, ofMean, ofLuma) = (new float[count], new float[count], new float[count]);
        var (turns, turning) = (new float[count], new bool[count]);
        for (var step = 0; step < 4; step++)
        {
            for (var i = 0; i < count; i++)
            {
                var (jitter, change) = (jitters[i], jitters[i].Order[step]);
                factors[i] = change switch
                {
                    ColorChange.Brightness => jitter.Brightness,
                    ColorChange.Contrast => jitter.Contrast,
                    ColorChange.Saturation when colored => jitter.Saturation,
                    _ => 1,
                };
                ofMean[i] = change == ColorChange.Contrast ? 1 - factors[i] : 0;
                ofLuma[i] = change == ColorChange.Saturation ? 1 - factors[i] : 0;
                turns[i] = jitter.Hue;
                turning[i] = colored && change == ColorChange.Hue && jitter.Hue != 0;
            }

            if (factors.AsSpan().ContainsAnyExcept(1f))
            {
                using var scope = NewDisposeScope();
                var luma = Luma(images);
                var toBase = luma.mul(Column(ofLuma, images))
                    .add_(luma.mean([2, 3], keepdim: true).mul_(Column(ofMean, images)), TorchScalars.One);
                images.mul_(Column(factors, images)).add_(toBase, TorchScalars.One).clamp_(TorchScalars.Zero, TorchScalars.One);
            }

            Chosen.Change(images, turning, (some, indices) => Hue.Turned(some, Column([.. indices.Select(i => turns[i])], images)));
        }
    }

    /// <summary>Inverts the values from <paramref name="threshold"/> on of those that <paramref name="chosen"/> names, in place.</summary>
    public static void Solarize(Tensor images, ReadOnlySpan<bool> chosen, Scalar threshold) =>
        Chosen.Change(images, chosen, (some, _) => where(some.ge(threshold), some.neg().add_(TorchScalars.One, TorchScalars.One), some));

    /// <summary>One number per image, [n, 1, 1, 1], where <paramref name="like"/> is.</summary>
    public static Tensor Column(float[] values, Tensor like) => tensor(values).view(-1, 1, 1, 1).to(like.device);
}
