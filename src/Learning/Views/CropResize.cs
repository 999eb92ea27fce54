using CoKe.Learning.Images;
using CoKe.Learning.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Views;

/// <summary>
/// Cuts a box of its own out of every image, resizes it and mirrors it, as one separable linear map per image. The weights are those of
/// torchvision's (and PIL's) antialiased bilinear resize: a triangle as wide as a pixel of the view, or of the image where that is larger,
/// cut at the box and scaled to a sum of 1. So small views of large images do not alias, which sampling at single points (grid_sample)
/// would.
/// </summary>
static class CropResize
{
    static readonly Scalar Half = TorchScalars.Of(0.5f);

    /// <param name="images">[n, c, h, w].</param>
    /// <param name="draws">The box and mirror of every image; boxes lie inside the image.</param>
    /// <param name="size">Of the result.</param>
    public static Tensor Apply(Tensor images, ReadOnlySpan<ViewDraw> draws, ImageSize size)
    {
        var (vertical, horizontal) = (new Spans(draws.Length), new Spans(draws.Length));
        for (var i = 0; i < draws.Length; i++)
        {
            var box = draws[i].Crop;
            vertical.Set(i, box.Top, box.Height, size.Height, mirror: false);
            horizontal.Set(i, box.Left, box.Width, size.Width, draws[i].Mirror);
        }
        return SeparableMap.Apply(
            images,
            vertical.Matrices(images.shape[2], size.Height, images.device),
            horizontal.Matrices(images.shape[3], size.Width, images.device)
        );
    }

    /// <summary>Where the boxes of a batch lie along one axis.</summary>
    readonly struct Spans(int count)
    {
        readonly float[] _first = new float[count],
            _step = new float[count],
            _slope = new float[count],
            _begin = new float[count],
            _end = new float[count];

        public void Set(int image, double start, double length, int size, bool mirror)
        {
            var scale = length / size;
            _first[image] = (float)(mirror ? start + length - scale / 2 : start + scale / 2);
            _step[image] = (float)(mirror ? -scale : scale);
            _slope[image] = (float)(-1 / Math.Max(scale, 1));
            _begin[image] = (float)Math.Floor(start);
            _end[image] = (float)Math.Ceiling(start + length);
        }

        /// <summary>0, 1, ... of this length. Not by arange, which makes scalars of its own (<see cref="TorchScalars"/>).</summary>
        static Tensor UpTo(long length, Device device)
        {
            var values = new float[length];
            for (var i = 0; i < values.Length; i++)
                values[i] = i;
            return tensor(values).to(device);
        }

        /// <summary>[n, size, side]: row i weighs the pixels that the i-th pixel of the view is made of.</summary>
        public Tensor Matrices(long side, int size, Device device)
        {
            Tensor PerImage(float[] values) => tensor(values).view(-1, 1, 1).to(device);
            var pixel = UpTo(side, device).view(1, 1, -1);
            var center = UpTo(size, device).view(1, -1, 1).mul(PerImage(_step)).add_(PerImage(_first), TorchScalars.One);
            var inside = pixel.ge(PerImage(_begin)).logical_and_(pixel.lt(PerImage(_end))).to_type(ScalarType.Float32);
            var weights = pixel
                .add(Half, TorchScalars.One)
                .add(center, TorchScalars.MinusOne)
                .abs_()
                .mul_(PerImage(_slope))
                .add_(TorchScalars.One, TorchScalars.One)
                .clamp_min_(TorchScalars.Zero)
                .mul_(inside);
            return weights.div_(weights.sum(2, keepdim: true));
        }
    }
}
