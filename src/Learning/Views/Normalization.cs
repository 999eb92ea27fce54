using CoKe.Learning.Images;
using CoKe.Learning.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Views;

/// <summary>Brings bytes to values of 0 to 1, and every channel of those to mean 0 and variance 1, as measured on the training images. Its
/// tensors live as long as it does.</summary>
public sealed class Normalization : IDisposable
{
    readonly Tensor _scale,
        _shift; // [1, c, 1, 1]
    readonly Scalar _inverseLargest;

    Normalization(Tensor scale, Tensor shift, byte largest) =>
        (_scale, _shift, _inverseLargest) = (scale, shift, TorchScalars.Of(1f / largest));

    /// <summary>Measures <paramref name="images"/>.</summary>
    public static Normalization Of(ImageSet images, Device device)
    {
        var (plane, channels) = (images.Height * images.Width, images.Channels);
        var (scales, shifts) = (new float[channels], new float[channels]);
        double largest = images.Largest;
        for (var channel = 0; channel < channels; channel++)
        {
            var (sum, squares) = (0L, 0L);
            for (var image = 0; image < images.Count; image++)
                foreach (var value in images[image].Slice(channel * plane, plane))
                    (sum, squares) = (sum + value, squares + value * value);
            var count = (double)images.Count * plane;
            var mean = sum / count / largest;
            var deviation = Math.Sqrt(Math.Max(squares / count / (largest * largest) - mean * mean, 1e-12));
            (scales[channel], shifts[channel]) = ((float)(1 / deviation), (float)(-mean / deviation));
        }
        return new Normalization(tensor(scales).view(1, -1, 1, 1).to(device), tensor(shifts).view(1, -1, 1, 1).to(device), images.Largest);
    }

    /// <summary>By given means and standard deviations of every channel, of values 0 to 1, where bytes go up to
    /// <paramref name="largest"/>.</summary>
    public static Normalization By(ReadOnlySpan<double> means, ReadOnlySpan<double> deviations, byte largest, Device device)
    {
        var (scales, shifts) = (new float[means.Length], new float[means.Length]);
        for (var channel = 0; channel < means.Length; channel++)
            (scales[channel], shifts[channel]) = ((float)(1 / deviations[channel]), (float)(-means[channel] / deviations[channel]));
        return new Normalization(tensor(scales).view(1, -1, 1, 1).to(device), tensor(shifts).view(1, -1, 1, 1).to(device), largest);
    }

    /// <summary>By the means and deviations that networks for ImageNet are commonly trained with.</summary>
    public static Normalization OfImageNet(Device device) => By([0.485, 0.456, 0.406], [0.229, 0.224, 0.225], byte.MaxValue, device);

    /// <summary>Leaves values as they are, 0 to 1: for pictures.</summary>
    public static Normalization None(int channels, byte largest, Device device) =>
        By([.. Enumerable.Repeat(0.0, channels)], [.. Enumerable.Repeat(1.0, channels)], largest, device);

    /// <summary>Bytes as parts of the largest training value.</summary>
    public Tensor ToUnitRange(Tensor bytes) => bytes.to_type(ScalarType.Float32).mul_(_inverseLargest);

    /// <summary>[b, c, h, w] of values 0 to 1, changed in place.</summary>
    public Tensor Apply(Tensor images) => images.mul_(_scale).add_(_shift, TorchScalars.One);

    /// <inheritdoc/>
    public void Dispose()
    {
        _scale.Dispose();
        _shift.Dispose();
        _inverseLargest.Dispose();
    }
}
