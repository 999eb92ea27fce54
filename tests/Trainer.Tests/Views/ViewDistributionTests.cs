using System.Globalization;
using CoKe.ConstrainedKMeans;
using CoKe.Learning.Views;

namespace CoKe.Trainer.Tests.Views;

/// <summary>Every operation and every preset against torchvision's random transforms, in distribution.</summary>
public sealed class ViewDistributionTests
{
    const int Count = 4000;

    /// <summary>Cuts the square in the middle, as the peer does where it tests something else.</summary>
    static readonly ViewOptions Whole = new() { SmallestAspect = 1 };

    static readonly Dictionary<string, ViewOptions> Operations = new()
    {
        ["crop"] = new() { SmallestArea = 0.08 },
        ["flip"] = Whole with { FlipProbability = 0.3 },
        ["brightness"] = Whole with { JitterProbability = 1, Brightness = 0.8 },
        ["contrast"] = Whole with { JitterProbability = 1, Contrast = 0.8 },
        ["saturation"] = Whole with { JitterProbability = 1, Saturation = 0.8 },
        ["hue"] = Whole with { JitterProbability = 1, Hue = 0.4 },
        ["jitter"] = Whole with { JitterProbability = 0.6, Brightness = 0.8, Contrast = 0.8, Saturation = 0.8, Hue = 0.2 },
        ["gray"] = Whole with { GrayProbability = 0.2 },
        ["blur"] = Whole with { BlurProbability = 0.7 },
        ["solarize"] = Whole with { SolarizeProbability = 0.3, SolarizeThreshold = 0.6 },
        ["rotation"] = Whole with { Rotation = 60 },
    };

    public static TheoryData<string> Named => [.. Operations.Keys];

    /// <summary>Every view of every preset that differs from those before it.</summary>
    public static TheoryData<string, int> Presets
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (
                var (name, view) in ViewPresets.Names.SelectMany(n =>
                    ViewPresets.Named(n).Views.Index().DistinctBy(v => v.Item).Select(v => (n, v.Index))
                )
            )
                data.Add(name, view);
            return data;
        }
    }

    public static TheoryData<string> Boxes => [.. Distribution.Names("boxes")];

    [Theory]
    [MemberData(nameof(Named))]
    public void Operation_ManyDraws_IsDistributedAsInTorchvision(string name) => AssertAlike(name, Operations[name]);

    [Theory]
    [MemberData(nameof(Presets))]
    public void Preset_ManyDraws_IsDistributedAsTheSameTransformsInTorchvision(string name, int view) =>
        AssertAlike($"{name} {view}", ViewPresets.Named(name).Views[view]);

    [Theory]
    [MemberData(nameof(Boxes))]
    public void CropBox_ManyDraws_IsDistributedAsInTorchvision(string name)
    {
        var n = name.Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray();
        var (height, width, random) = ((int)n[0], (int)n[1], new SeededRandom(5));
        var boxes = Enumerable
            .Range(0, Count)
            .Select(_ => CropBox.Draw(new ViewOptions { SmallestArea = n[2], LargestArea = n[3] }, height, width, random))
            .ToArray();
        double[][] rows =
        [
            .. boxes.Select(b =>
                new[]
                {
                    b.Height * b.Width / (height * width),
                    Math.Log(b.Width / b.Height),
                    (b.Top + b.Height / 2) / height,
                    (b.Left + b.Width / 2) / width,
                }
            ),
        ];

        AssertAlike(Distribution.Of("boxes", name), rows, ["area", "aspect", "vertical center", "horizontal center"]);
    }

    /// <summary>The bound would be worth little if it let other options pass.</summary>
    [Theory]
    [InlineData("crop")]
    [InlineData("flip")]
    [InlineData("brightness")]
    [InlineData("contrast")]
    [InlineData("saturation")]
    [InlineData("hue")]
    [InlineData("gray")]
    [InlineData("blur")]
    [InlineData("solarize")]
    [InlineData("rotation")]
    public void Operation_OtherOptions_AreToldApart(string name)
    {
        var options = Operations[name];
        options = name switch
        {
            "crop" => options with { SmallestArea = 0.2 },
            "flip" => options with { FlipProbability = 0.5 },
            "brightness" => options with { Brightness = 0.6 },
            "contrast" => options with { Contrast = 0.6 },
            "saturation" => options with { Saturation = 0.6 },
            "hue" => options with { Hue = 0.3 },
            "gray" => options with { GrayProbability = 0.3 },
            "blur" => options with { LargestBlur = 1.5 },
            "solarize" => options with { SolarizeThreshold = 0.5 },
            _ => options with { Rotation = 45 },
        };

        Assert.True(
            Distances(Distribution.Of("cases", name), ViewSigns.Draw(options, gray: false, Count, seed: 11)).Max()
                > Distribution.Bound(Count)
        );
    }

    static void AssertAlike(string name, ViewOptions options)
    {
        var gray = name.StartsWith("small-gray", StringComparison.Ordinal) || name.StartsWith("digits", StringComparison.Ordinal);
        AssertAlike(Distribution.Of("cases", name), ViewSigns.Draw(options, gray, Count, seed: 11), ViewSigns.Names);
    }

    static void AssertAlike(Distribution peer, double[][] rows, string[] names)
    {
        var distances = Distances(peer, rows).ToArray();
        Assert.All(names.Zip(distances), d =>
            Assert.True(
                d.Second < Distribution.Bound(rows.Length),
                $"{d.First} is distributed otherwise: {d.Second:f4} of {Distribution.Bound(rows.Length):f4}"
            )
        );
        // A correlation's standard deviation is at most about 1/sqrt(n), here of a difference of two.
        var bound = 5 * Math.Sqrt(1.0 / rows.Length + 1.0 / Distribution.PeerCount);
        var correlation = peer.CorrelationDistance(rows);
        Assert.True(correlation < bound, $"a correlation differs by {correlation:f4}; {bound:f4} would do");
    }

    static IEnumerable<double> Distances(Distribution peer, double[][] rows) =>
        Enumerable.Range(0, rows[0].Length).Select(c => peer.Distance(c, rows.Select(r => r[c])));
}
