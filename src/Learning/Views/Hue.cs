using CoKe.Learning.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Views;

/// <summary>Turns the hue of HSV and keeps saturation and value.</summary>
static class Hue
{
    static readonly Scalar Two = TorchScalars.Of(2f),
        Four = TorchScalars.Of(4f),
        Six = TorchScalars.Of(6f),
        Tiny = TorchScalars.Of(1e-12f);
    static readonly float[] ChannelPhases = [5, 3, 1];

    /// <param name="images">[n, 3, h, w], values 0 to 1.</param>
    /// <param name="turns">[n, 1, 1, 1], parts of a whole turn.</param>
    public static Tensor Turned(Tensor images, Tensor turns)
    {
        var (red, green, blue) = (images.narrow(1, 0, 1), images.narrow(1, 1, 1), images.narrow(1, 2, 1));
        var value = red.maximum(green).maximum(blue);
        var chroma = value.add(red.minimum(green).minimum(blue), TorchScalars.MinusOne);
        // Sixths of a turn, times the chroma: 0 at red, 2 at green, 4 at blue.
        var hue = where(
            value.eq(red),
            green.add(blue, TorchScalars.MinusOne),
            where(
                value.eq(green),
                blue.add(red, TorchScalars.MinusOne).add_(chroma, Two),
                red.add(green, TorchScalars.MinusOne).add_(chroma, Four)
            )
        );
        hue = hue.div_(chroma.clamp_min(Tiny)).add_(turns, Six);
        // A channel is value - chroma * clamp(min(k, 4 - k), 0, 1) with k = hue + 5, 3, 1 (mod 6) for red, green, blue.
        var k = hue.add(tensor(ChannelPhases).view(1, 3, 1, 1).to(images.device), TorchScalars.One).remainder_(Six);
        var away = k.neg().add_(Four, TorchScalars.One).minimum(k).clamp_(TorchScalars.Zero, TorchScalars.One);
        return away.mul_(chroma).neg_().add_(value, TorchScalars.One);
    }
}
