using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Learning.Images;
using CoKe.Learning.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Views;

/// <summary>
/// Draws the views of mini-batches. All numbers come from one seeded generator, view after view and image after image, before any pixel is
/// touched: a run repeats bit for bit, and how a batch is cut into chunks does not matter to them. The pixels are worked on with tensor
/// operations on the device. One thread at a time.
/// </summary>
public sealed class ViewPipeline : IDisposable
{
    readonly ViewSet _set;
    ViewSet _drawn;
    readonly Normalization _normalization;
    readonly SeededRandom _random;
    readonly Device _device;
    readonly Dictionary<(int Kernel, ImageSize Size), GaussianBlur> _blurs = [];
    readonly Scalar[] _thresholds;

    /// <param name="set">What to draw.</param>
    /// <param name="normalization">Of the pixels, on <paramref name="device"/>; not disposed here.</param>
    /// <param name="random">Saved and set, the same views follow again at the same moment (<see cref="MoveTo"/>); the pipeline has no other
    /// state.</param>
    /// <param name="device">Where the views are made and left.</param>
    /// <exception cref="InvalidOptionsException">Views that cannot be drawn.</exception>
    public ViewPipeline(ViewSet set, Normalization normalization, SeededRandom random, Device device)
    {
        set.Validate();
        (_set, _drawn, _normalization, _random, _device) = (set, set.At(0), normalization, random, device);
        _thresholds = [.. set.Views.Select(v => TorchScalars.Of((float)v.SolarizeThreshold))];
        foreach (var view in set.Views.Where(v => v.BlurProbability > 0))
            if (!_blurs.ContainsKey((view.BlurKernel, view.Extent)))
                _blurs.Add((view.BlurKernel, view.Extent), new GaussianBlur(view.BlurKernel, view.Extent, device));
    }

    /// <summary>From now on draws the views of another moment of training, see <see cref="ViewOptions.At"/>. It begins at 0.</summary>
    /// <param name="progress">0 in the scan to 1 in the last epoch; the ends hold beyond them.</param>
    public void MoveTo(double progress) => _drawn = _set.At(progress);

    /// <summary>Draws all views of every image.</summary>
    /// <returns>One group per size, in the order of the set; its tensor belongs to the caller's dispose scope.</returns>
    public IReadOnlyList<ViewGroup> Of(ImageBatch batch) => Of(batch, Draw(batch.Sizes));

    /// <summary>Draws those of a part: the numbers are drawn for the whole mini-batch, so an image has the same views whichever trainer
    /// reads it, and all generators stay alike.</summary>
    /// <param name="part">The images that are here.</param>
    /// <param name="whole">The mini-batch that they are of.</param>
    public IReadOnlyList<ViewGroup> Of(ImageBatch part, GlobalBatch whole) =>
        Of(part, [.. Draw(whole.Sizes).Select(ofView => ofView[whole.First..(whole.First + part.Count)])]);

    /// <summary>The numbers of all views, [view][image].</summary>
    internal ViewDraw[][] Draw(IReadOnlyList<ImageSize> sizes) =>
        [.. _drawn.Views.Select(view => sizes.Select(s => ViewDraw.Of(view, s.Height, s.Width, _random)).ToArray())];

    /// <summary>Makes the views with given numbers.</summary>
    internal IReadOnlyList<ViewGroup> Of(ImageBatch batch, ViewDraw[][] draws)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var (rotates, largest) = (_set.Views.Any(v => v.Rotation > 0), _set.Views.Max(v => v.Extent.Plane));
        var groups = _set.Groups()
            .Select(g => new ViewGroup(
                g.Size,
                g.Views,
                empty([(long)g.Views.Length * batch.Count, batch.Channels, g.Size.Height, g.Size.Width], ScalarType.Float32, _device)
            ))
            .ToArray();
        foreach (var chunk in SourceChunk.Of(batch, largest, _device, padded: !rotates))
        {
            using var ofChunk = NewDisposeScope();
            var images = _normalization.ToUnitRange(chunk.ToTensor(batch, _device));
            foreach (var group in groups)
                for (var place = 0; place < group.Views.Length; place++)
                {
                    using var ofView = NewDisposeScope();
                    var view = group.Views[place];
                    ViewDraw[] own = [.. chunk.Images.Select(i => draws[view][i])];
                    var rows = tensor(chunk.Images.Select(i => (long)place * batch.Count + i).ToArray()).to(_device);
                    group.Images.index_copy_(0, rows, _normalization.Apply(Make(_set.Views[view], _thresholds[view], images, own)));
                }
        }
        foreach (var group in groups)
            group.Images.MoveToOuterDisposeScope();
        return groups;
    }

    /// <summary>One view of some images [n, c, h, w], values 0 to 1, which are left as they are.</summary>
    Tensor Make(ViewOptions options, Scalar threshold, Tensor images, ViewDraw[] draws)
    {
        bool[] gray = [.. draws.Select(d => d.Gray)];
        var rotated = options.Rotation > 0 ? Rotation.Apply(images, draws) : images;
        var views = CropResize.Apply(rotated, draws, options.Extent);
        if (options.GrayFirst)
            Colors.MakeGray(views, gray);
        Colors.Jitter(views, [.. draws.Select(d => d.Jitter)]);
        if (!options.GrayFirst)
            Colors.MakeGray(views, gray);
        if (options.BlurProbability > 0)
            _blurs[(options.BlurKernel, options.Extent)].Apply(views, [.. draws.Select(d => d.Blur)]);
        Colors.Solarize(views, [.. draws.Select(d => d.Solarize)], threshold);
        return views;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var blur in _blurs.Values)
            blur.Dispose();
        foreach (var threshold in _thresholds)
            threshold.Dispose();
    }
}

/// <summary>The views of a mini-batch that have one size.</summary>
/// <param name="Size">That size.</param>
/// <param name="Views">Their indices in the set.</param>
/// <param name="Images">[views x b, c, h, w], normalized: all images of the first view, then all of the next.</param>
public sealed record ViewGroup(ImageSize Size, int[] Views, Tensor Images);
