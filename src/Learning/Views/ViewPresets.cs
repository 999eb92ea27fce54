using CoKe.Errors;

namespace CoKe.Learning.Views;

/// <summary>
/// Named sets of views. Those named coke-... follow the code that the paper's authors published; the paper itself (appendix A) only says
/// "the same as in others", and that crops of CIFAR are of at least 0.3 of the image.
/// </summary>
public static class ViewPresets
{
    /// <summary>Crop, mirror, strong color jitter, gray, blur: SimCLR's and SwAV's distortion.</summary>
    static readonly ViewOptions Strong = new()
    {
        SmallestArea = 0.08,
        FlipProbability = 0.5,
        JitterProbability = 0.8,
        Brightness = 0.8,
        Contrast = 0.8,
        Saturation = 0.8,
        Hue = 0.2,
        GrayProbability = 0.2,
        BlurProbability = 0.5,
    };

    static readonly ViewOptions MoCo2 = Strong with { SmallestArea = 0.2, Brightness = 0.4, Contrast = 0.4, Saturation = 0.4, Hue = 0.1 };

    /// <summary>BYOL's first view is always blurred; its second hardly ever, but may be solarized.</summary>
    static readonly ViewOptions Byol1 = Strong with { Brightness = 0.4, Contrast = 0.4, Saturation = 0.2, Hue = 0.1, BlurProbability = 1 };

    static readonly ViewOptions Byol2 = Byol1 with { BlurProbability = 0.1, SolarizeProbability = 0.2 };

    static readonly ViewOptions Small = new()
    {
        Size = 28,
        SmallestArea = 0.3,
        LastSmallestArea = 0.8,
        SubpixelCrops = true,
        JitterProbability = 0.8,
        Brightness = 0.6,
        Contrast = 0.6,
        LargestBlur = 0.8,
        BlurKernel = 7,
    };

    static readonly ViewOptions SmallColor = Small with
    {
        Size = 32,
        SmallestArea = 0.7,
        LastSmallestArea = null,
        FlipProbability = 0.5,
        Saturation = 0.4,
        Hue = 0.1,
        GrayProbability = 0.2,
    };

    static readonly ViewSet[] All =
    [
        new("coke-single", [Strong]),
        new("coke-double", [Byol1, Byol2]),
        new ViewSet("coke-multi", [Byol1, Byol2]).MultiCrop(2, 6, Strong with { Size = 96, SmallestArea = 0.05, LargestArea = 0.6 }),
        new ViewSet("swav", [Strong with { SmallestArea = 0.14 }]).MultiCrop(
            2,
            6,
            Strong with
            {
                Size = 96,
                SmallestArea = 0.05,
                LargestArea = 0.14,
            }
        ),
        new("moco-v1", [.. Twice(MoCo2 with { JitterProbability = 1, Hue = 0.4, GrayFirst = true, BlurProbability = 0 })]),
        new("moco-v2", [.. Twice(MoCo2)]),
        new("byol", [Byol1, Byol2]),
        new("cifar", [.. Twice(MoCo2 with { Size = 32, SmallestArea = 0.3, BlurProbability = 0 })]),
        new("small-gray", [.. Twice(Small with { BlurProbability = 0.5 })]),
        new("small-color", [.. Twice(SmallColor)]),
        new("digits", [.. Twice(Small with { SmallestArea = 0.4, Rotation = 15 })]),
    ];

    /// <summary>The names that <see cref="Named"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(p => p.Name)];

    /// <summary>Those that have small views.</summary>
    internal static IReadOnlyList<string> WithSmallViews { get; } = [.. All.Where(p => p.Small.Count > 0).Select(p => p.Name)];

    /// <summary>The preset of this name, at its own sizes.</summary>
    /// <exception cref="InvalidOptionsException">There is none.</exception>
    public static ViewSet Named(string name) =>
        All.FirstOrDefault(p => p.Name == name)
        ?? throw new InvalidOptionsException("preset", name, $"There are no views named {name}; there are {string.Join(", ", Names)}.");

    static ViewOptions[] Twice(ViewOptions view) => [view, view];
}
