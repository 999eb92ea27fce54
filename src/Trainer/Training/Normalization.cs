using CoKe.Trainer.Data;
using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>Brings every channel to mean 0 and variance 1 over the training images. Its tensors live as long as it does.</summary>
sealed class Normalization : IDisposable
{
    readonly Tensor scale, shift; // [1, c, 1, 1]

    Normalization(Tensor scale, Tensor shift) => (this.scale, this.shift) = (scale, shift);

    /// <summary>Measures <paramref name="images"/>, whose values are taken as parts of their largest.</summary>
    public static Normalization Of(ImageSet images, Device device)
    {
        var (plane, channels) = (images.Height * images.Width, images.Channels);
        var (scales, shifts) = (new float[channels], new float[channels]);
        for (var channel = 0; channel < channels; channel++)
        {
            var (sum, squares) = (0L, 0L);
            for (var image = 0; image < images.Count; image++)
                foreach (var value in images[image].Slice(channel * plane, plane))
                    (sum, squares) = (sum + value, squares + value * value);
            var count = (double)images.Count * plane;
            var mean = sum / count / images.Largest;
            var deviation = Math.Sqrt(Math.Max(squares / count / images.Largest / images.Largest - mean * mean, 1e-12));
            (scales[channel], shifts[channel]) = ((float)(1 / deviation), (float)(-mean / deviation));
        }
        return new Normalization(tensor(scales).view(1, -1, 1, 1).to(device), tensor(shifts).view(1, -1, 1, 1).to(device));
    }

    /// <summary>[b, c, h, w] of values 0 to 1, changed in place.</summary>
    public Tensor Apply(Tensor images) => images.mul_(scale).add_(shift);

    public void Dispose()
    {
        scale.Dispose();
        shift.Dispose();
    }
}
