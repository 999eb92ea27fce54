using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using CoKe.ConstrainedKMeans;
using CoKe.Learning.Images;
using CoKe.Learning.Views;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Views;

/// <summary>Every operation with given numbers against torchvision's functions; Peers/views_golden.py writes the expected values.</summary>
public sealed class ViewGoldenTests
{
    const int Height = 14,
        Width = 18;
    static readonly CropBox Whole = new(0, 0, Height, Height);
    static readonly ViewDraw Plain = new() { Crop = Whole, Jitter = ColorJitter.None };

    public static TheoryData<string> Names => [.. Cases().Keys.Where(name => !name.StartsWith("rotate", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Of_GivenNumbers_IsWhatTorchvisionComputes(string name)
    {
        using var scope = NewDisposeScope();
        var numbers = name.Split(' ')[1..].Select(n => float.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        var draw = name.Split(' ')[0] switch
        {
            "hue" => Plain with { Jitter = ColorJitter.None with { Hue = numbers[0] } },
            "brightness" => Plain with { Jitter = ColorJitter.None with { Brightness = numbers[0] } },
            "contrast" => Plain with { Jitter = ColorJitter.None with { Contrast = numbers[0] } },
            "saturation" => Plain with { Jitter = ColorJitter.None with { Saturation = numbers[0] } },
            "gray" => Plain with { Gray = true },
            "solarize" => Plain with { Solarize = true },
            "blur" => Plain with { Blur = numbers[0] },
            "crop" => Plain with { Crop = new CropBox(numbers[0], numbers[1], numbers[2], numbers[3]) },
            _ => throw new InvalidOperationException(name),
        };
        var (shape, expected) = Cases()[name];

        var view = View(draw, name.StartsWith("crop", StringComparison.Ordinal) ? (int)numbers[4] : Height, Width);

        // torchvision's luma of tensors weighs red by 0.2989.
        AssertClose(expected, shape, view, 5e-4);
    }

    [Fact]
    public void Of_Mirrored_IsTheViewFromRightToLeft()
    {
        using var scope = NewDisposeScope();
        var draw = Plain with { Crop = new CropBox(1, 4, 12, 9) };

        var difference = (View(draw with { Mirror = true }, 6, Width).flip(2) - View(draw, 6, Width)).abs().max().item<float>();

        Assert.True(difference < 1e-5, $"differs by {difference}");
    }

    [Fact]
    public void Rotation_BlackBorder_IsWhatTorchvisionComputes()
    {
        using var scope = NewDisposeScope();
        var image = nn.functional.pad(
            tensor(Pixels(), ScalarType.Byte).view(1, 3, Height, Width).to_type(ScalarType.Float32) / 255,
            [3, 3, 3, 3]
        );
        var (shape, expected) = Cases()["rotate 20"];

        var rotated = Rotation.Apply(image, [Plain with { Angle = 20 }]);

        AssertClose(expected, shape, rotated.narrow(2, 6, Height - 6).narrow(3, 6, Width - 6)[0], 1e-4);
    }

    [Fact]
    public void Of_PaddedWithOthers_IsAsAlone()
    {
        using var scope = NewDisposeScope();
        using var both = new ImageBatch(
            [.. Pixels(), .. Enumerable.Repeat((byte)255, 3 * 30 * 40)],
            3,
            [new ImageSize(Height, Width), new ImageSize(30, 40)]
        );
        using var normalization = Normalization.None(3, 255, CPU);
        using var pipeline = new ViewPipeline(new ViewSet("test", [new ViewOptions { Size = 9 }]), normalization, new SeededRandom(1), CPU);

        var views = pipeline
            .Of(
                both,
                [
                    [Plain, Plain with { Crop = new CropBox(0, 0, 30, 40) }],
                ]
            )[0]
            .Images;

        Assert.True((views[0] - View(Plain, 9, Width)).abs().max().item<float>() < 1e-5);
        Assert.True((views[1] - 1).abs().max().item<float>() < 1e-5);
    }

    static Tensor View(ViewDraw draw, int size, int width)
    {
        using var batch = new ImageBatch(Pixels(), 3, [new ImageSize(Height, width)]);
        using var normalization = Normalization.None(3, 255, CPU);
        using var pipeline = new ViewPipeline(
            new ViewSet("test", [new ViewOptions { Size = size, BlurProbability = 1 }]),
            normalization,
            new SeededRandom(1),
            CPU
        );
        return pipeline
            .Of(
                batch,
                [
                    [draw],
                ]
            )[0]
            .Images[0];
    }

    static byte[] Pixels() => [.. Enumerable.Range(0, 3 * Height * Width).Select(i => (byte)((i * 7919 + i * i * 31) % 251))];

    static void AssertClose(float[] expected, long[] shape, Tensor actual, double tolerance)
    {
        Assert.Equal(string.Join('x', shape), string.Join('x', actual.shape));
        var difference = (actual - tensor(expected).view(shape)).abs().max().item<float>();
        Assert.True(difference < tolerance, $"differs by {difference}");
    }

    static Dictionary<string, (long[] Shape, float[] Values)> Cases()
    {
        using var stream = new GZipStream(
            File.OpenRead(Path.Combine(AppContext.BaseDirectory, "golden", "views.json.gz")),
            CompressionMode.Decompress
        );
        using var json = JsonDocument.Parse(stream);
        return json
            .RootElement.GetProperty("cases")
            .EnumerateObject()
            .ToDictionary(
                c => c.Name,
                c =>
                    (
                        c.Value.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64()).ToArray(),
                        c.Value.GetProperty("values").EnumerateArray().Select(v => v.GetSingle()).ToArray()
                    )
            );
    }
}
