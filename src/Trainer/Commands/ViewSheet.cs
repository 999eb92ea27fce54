using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.ImageFolders;
using CoKe.Learning.Images;
using CoKe.Learning.Tensors;
using CoKe.Learning.Views;
using static TorchSharp.torch;

namespace CoKe.Trainer.Commands;

/// <summary>What to draw.</summary>
/// <param name="Folder">Where the images are.</param>
/// <param name="Preset">Which views; null: what suits the images.</param>
/// <param name="Rows">How many images.</param>
/// <param name="Columns">How many views of each; null: about 8.</param>
/// <param name="Size">Pixels of the large views; null: the preset's.</param>
/// <param name="Seed">Of the choice of images and of the views.</param>
/// <param name="Progress">Of which moment of training: 0, where it begins, to 1.</param>
sealed record SheetOptions(
    string Folder,
    string? Preset = null,
    int Rows = 6,
    int? Columns = null,
    int? Size = null,
    int Seed = 0,
    double Progress = 0
);

/// <summary>A picture of images and their views.</summary>
/// <param name="Png">The file.</param>
/// <param name="Views">The preset that was drawn.</param>
/// <param name="Rows">Images.</param>
/// <param name="Columns">Views of each.</param>
/// <param name="Magnification">How many pixels of the picture, along each side, are one of a view.</param>
/// <param name="Unreadable">Images that were chosen and could not be read.</param>
sealed record ViewSheet(byte[] Png, ViewSet Views, int Rows, int Columns, int Magnification, IReadOnlyList<UnreadableImage> Unreadable)
{
    const int UsualColumns = 8,
        LeastCell = 96;

    /// <summary>Reads images, draws views as training does, and puts them on a sheet.</summary>
    /// <exception cref="CokeException">Images or options that cannot be used.</exception>
    public static ViewSheet Draw(SheetOptions options, CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var source = TrainingImages.Open(options.Folder, new ImageFolderOptions());
        int[] ids = [.. new SeededRandom(options.Seed, 2).Permutation(source.Count).Take(options.Rows)];
        using var batch = source.Read([ids], cancellation).Single();
        if (batch.Images.Count == 0)
            throw BadFile.Because(
                options.Folder,
                $"gave only images that cannot be read: {string.Join("; ", batch.Unreadable.Select(u => $"{u.Path} {u.Problem}"))}; "
                    + "ask for more of them, or mend them."
            );
        var set = Resized(ViewPresets.Named(options.Preset ?? Suiting(batch.Images)), options.Size);
        var columns = options.Columns ?? set.Views.Count * Math.Max(1, UsualColumns / set.Views.Count);
        var largest = set.Views.Max(v => v.Size);
        var magnification = Math.Max(1, LeastCell / largest);
        using var sheet = new SheetBitmap(
            batch.Images.Count,
            [largest, .. Enumerable.Range(0, columns).Select(c => set.Views[c % set.Views.Count].Size)],
            magnification
        );

        using var normalization = Normalization.None(source.Channels, source.Largest, CPU);
        using var pipeline = new ViewPipeline(set, normalization, new SeededRandom(options.Seed, 1), CPU);
        pipeline.MoveTo(options.Progress);
        var drawn = Enumerable.Range(0, (columns + set.Views.Count - 1) / set.Views.Count).Select(_ => pipeline.Of(batch.Images)).ToArray();

        for (var row = 0; row < batch.Images.Count; row++)
        {
            var (itself, times) = Fitted(batch.Images, row, source.Largest, sheet.Side(0));
            sheet.Put(row, 0, itself, times);
            for (var column = 0; column < columns; column++)
            {
                var view = column % set.Views.Count;
                var group = drawn[column / set.Views.Count].Single(g => g.Views.Contains(view));
                sheet.Put(row, column + 1, group.Images[Array.IndexOf(group.Views, view) * batch.Images.Count + row], magnification);
            }
        }
        return new ViewSheet(sheet.ToPng(), set, batch.Images.Count, columns, magnification, batch.Unreadable);
    }

    /// <summary>Small views shrink with the large ones.</summary>
    static ViewSet Resized(ViewSet set, int? size)
    {
        var (largest, smallest) = (set.Views.Max(v => v.Size), set.Views.Min(v => v.Size));
        return size is null ? set : set.Resized(size, Math.Max(1, smallest * size.Value / largest));
    }

    static string Suiting(ImageBatch images) =>
        images.Channels == 1 ? "small-gray"
        : images.Sizes.All(s => s.Height <= 64 && s.Width <= 64) ? "small-color"
        : "coke-multi";

    /// <summary>The image itself [c, h, w], and how many times it is to be magnified to fit into a cell. A whole number, so that pixels of
    /// small images stay squares.</summary>
    static (Tensor Image, int Times) Fitted(ImageBatch images, int image, byte largest, int side)
    {
        var (height, width) = (images.Sizes[image].Height, images.Sizes[image].Width);
        using var whole = TorchScalars.Of((float)largest);
        var pixels = tensor(images[image].ToArray(), ScalarType.Byte)
            .view(1, images.Channels, height, width)
            .to_type(ScalarType.Float32)
            .div(whole);
        var longer = Math.Max(height, width);
        if (longer <= side)
            return (pixels[0], side / longer);
        long[] size = [Math.Max(1, (long)height * side / longer), Math.Max(1, (long)width * side / longer)];
        return (nn.functional.interpolate(pixels, size, mode: InterpolationMode.Area)[0], 1);
    }
}
