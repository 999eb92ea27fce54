using CoKe.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Views;

/// <summary>Blurs by a Gaussian of each image's own width, reflected at the borders, as torchvision does. Every image's kernel becomes a banded matrix.</summary>
sealed class GaussianBlur : IDisposable
{
    readonly int taps, size;
    readonly Tensor squares; // [1, taps]: minus half the square of each tap's distance
    readonly Tensor places; // [taps, size * size]: where in the matrix a tap goes

    /// <param name="kernel">Width of the kernel, odd.</param>
    /// <param name="size">Rows and columns of the images; the kernel is narrowed to what reflection can fill.</param>
    /// <param name="device">Where the images are.</param>
    public GaussianBlur(int kernel, int size, Device device)
    {
        (taps, this.size) = (Math.Min(kernel, 2 * size - 1), size);
        var half = taps / 2;
        var (exponents, ones) = (new float[taps], new float[taps * size * size]);
        for (var tap = 0; tap < taps; tap++)
        {
            exponents[tap] = -0.5f * (tap - half) * (tap - half);
            for (var row = 0; row < size; row++)
                ones[(tap * size + row) * size + Reflected(row + tap - half)] += 1;
        }
        using var scope = NewDisposeScope();
        squares = tensor(exponents).view(1, -1).to(device).DetachFromDisposeScope();
        places = tensor(ones).view(taps, -1).to(device).DetachFromDisposeScope();
    }

    /// <summary>Blurs the images whose width is above 0, in place.</summary>
    /// <param name="images">[n, c, size, size].</param>
    /// <param name="deviations">Standard deviation per image in pixels; 0: not blurred.</param>
    public void Apply(Tensor images, float[] deviations) => Chosen.Change(images, [.. deviations.Select(s => s > 0)], (some, indices) =>
    {
        var precision = tensor(indices.Select(i => 1 / (deviations[i] * deviations[i])).ToArray()).view(-1, 1).to(images.device);
        var kernels = squares.mul(precision).exp_();
        kernels = kernels.div_(kernels.sum(1, keepdim: true));
        var matrices = kernels.mm(places).view(-1, size, size);
        return SeparableMap.Apply(some, matrices, matrices);
    });

    public void Dispose()
    {
        squares.Dispose();
        places.Dispose();
    }

    int Reflected(int at) => at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
}
