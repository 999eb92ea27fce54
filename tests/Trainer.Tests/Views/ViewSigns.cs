using CoKe.ConstrainedKMeans;
using CoKe.Learning.Images;
using CoKe.Learning.Views;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Views;

/// <summary>Ten numbers of every view of one picture; those that Peers/views_distribution.py computes of the same picture.</summary>
static class ViewSigns
{
    public const int Size = 16;
    const int Height = 40,
        Width = 56,
        BatchSize = 250;

    public static readonly string[] Names =
    [
        "red",
        "green",
        "blue",
        "contrast",
        "brightest",
        "darkest",
        "left minus right",
        "top minus bottom",
        "sharpness",
        "colorfulness",
    ];

    /// <summary>[count][10].</summary>
    public static double[][] Draw(ViewOptions options, bool gray, int count, int seed)
    {
        using var scope = NewDisposeScope();
        using var normalization = Normalization.None(gray ? 1 : 3, 255, CPU);
        using var pipeline = new ViewPipeline(
            new ViewSet("test", [options with { Size = Size }]),
            normalization,
            new SeededRandom(seed),
            CPU
        );
        var picture = Picture(gray);
        using var batch = new ImageBatch(
            [.. Enumerable.Repeat(picture, BatchSize).SelectMany(p => p)],
            gray ? 1 : 3,
            [.. Enumerable.Repeat(new ImageSize(Height, Width), BatchSize)]
        );
        return [.. Enumerable.Range(0, count / BatchSize).SelectMany(_ => Of(pipeline.Of(batch)[0].Images))];
    }

    static double[][] Of(Tensor views)
    {
        using var scope = NewDisposeScope();
        var (red, green, blue) = (views.select(1, 0), views.select(1, views.shape[1] / 2), views.select(1, -1));
        var (luma, half) = ((red + green + blue) / 3, Size / 2);
        Tensor Mean(Tensor values) => values.mean([1, 2]);
        Tensor[] signs =
        [
            Mean(red),
            Mean(green),
            Mean(blue),
            luma.std([1, 2], unbiased: false),
            luma.amax([1, 2]),
            luma.amin([1, 2]),
            Mean(luma.narrow(2, 0, half)) - Mean(luma.narrow(2, half, half)),
            Mean(luma.narrow(1, 0, half)) - Mean(luma.narrow(1, half, half)),
            Mean((luma.narrow(2, 1, Size - 1) - luma.narrow(2, 0, Size - 1)).abs()),
            Mean(views.amax([1]) - views.amin([1])),
        ];
        return [.. stack(signs, 1).data<float>().ToArray().Chunk(signs.Length).Select(row => row.Select(v => (double)v).ToArray())];
    }

    static byte[] Picture(bool gray) =>
        [
            .. from c in Enumerable.Range(0, gray ? 1 : 3)
            from y in Enumerable.Range(0, Height)
            from x in Enumerable.Range(0, Width)
            select Pixel(c, y, x),
        ];

    static byte Pixel(int channel, int y, int x)
    {
        if ((x - 20) * (x - 20) + (y - 12) * (y - 12) < 64)
            return ((ReadOnlySpan<byte>)[230, 40, 60])[channel];
        if (y > 28 && x / 3 % 2 == 1)
            return ((ReadOnlySpan<byte>)[30, 200, 90])[channel];
        return (byte)(
            channel == 0 ? x * 255 / (Width - 1)
            : channel == 1 ? y * 255 / (Height - 1)
            : (x + y) * 255 / (Width + Height - 2)
        );
    }
}
