using CoKe.Learning.Images;
using static TorchSharp.torch;

namespace CoKe.Learning.Views;

/// <summary>Blurs by a Gaussian of each image's own width, reflected at the borders, as torchvision does. Every image's kernel becomes a
/// banded matrix.</summary>
public sealed class GaussianBlur : IDisposable
{
    readonly int _taps;
    readonly ImageSize _size;
    readonly Tensor _squares; // [1, taps]: minus half the square of each tap's distance
    readonly Tensor _vertical,
        _horizontal; // [taps, side * side]: where in the matrix a tap goes

    /// <param name="kernel">Width of the kernel, odd.</param>
    /// <param name="size">Of the images; the kernel is narrowed to what reflection can fill.</param>
    /// <param name="device">Where the images are.</param>
    public GaussianBlur(int kernel, ImageSize size, Device device)
    {
        (_taps, _size) = (Math.Min(kernel, 2 * Math.Min(size.Height, size.Width) - 1), size);
        var exponents = new float[_taps];
        for (var tap = 0; tap < _taps; tap++)
            exponents[tap] = -0.5f * (tap - _taps / 2) * (tap - _taps / 2);
        using var scope = NewDisposeScope();
        _squares = tensor(exponents).view(1, -1).to(device).DetachFromDisposeScope();
        _vertical = Places(size.Height).to(device).DetachFromDisposeScope();
        _horizontal = Places(size.Width).to(device).DetachFromDisposeScope();
    }

    /// <summary>Blurs the images whose width is above 0, in place.</summary>
    /// <param name="images">[n, c, h, w].</param>
    /// <param name="deviations">Standard deviation per image in pixels; 0: not blurred.</param>
    public void Apply(Tensor images, float[] deviations) => Chosen.Change(images, [.. deviations.Select(s => s > 0)], (some, indices) =>
        {
            var precision = tensor(indices.Select(i => 1 / (deviations[i] * deviations[i])).ToArray()).view(-1, 1).to(images.device);
            var kernels = _squares.mul(precision).exp_();
            kernels = kernels.div_(kernels.sum(1, keepdim: true));
            Tensor Matrices(Tensor places, int side) => kernels.mm(places).view(-1, side, side);
            var columns = Matrices(_vertical, _size.Height);
            return SeparableMap.Apply(some, columns, _size.Width == _size.Height ? columns : Matrices(_horizontal, _size.Width));
        });

    /// <inheritdoc/>
    public void Dispose()
    {
        _squares.Dispose();
        _vertical.Dispose();
        _horizontal.Dispose();
    }

    Tensor Places(int side)
    {
        var ones = new float[_taps * side * side];
        for (var tap = 0; tap < _taps; tap++)
            for (var row = 0; row < side; row++)
                ones[(tap * side + row) * side + Reflected(row + tap - _taps / 2, side)] += 1;
        return tensor(ones).view(_taps, -1);
    }

    static int Reflected(int at, int size) =>
        at < 0 ? -at
        : at >= size ? 2 * (size - 1) - at
        : at;
}
