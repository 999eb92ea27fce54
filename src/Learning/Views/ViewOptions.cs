using CoKe.Errors;
using CoKe.Learning.Images;

namespace CoKe.Learning.Views;

/// <summary>
/// How one view of an image is drawn. Every image draws its own numbers. The operations follow each other as the properties do: rotation,
/// crop to the size of the view, mirror, color jitter, gray, blur, solarize. The defaults change nothing but the size; presets are in
/// <see cref="ViewPresets"/>.
/// </summary>
public sealed record ViewOptions
{
    /// <summary>Rows and columns of the view; the crop is resized to it, with antialiasing.</summary>
    public int Size { get; init; } = 224;

    /// <summary>Columns, where they are not as many as rows.</summary>
    public int? Width { get; init; }

    /// <summary>Rows and columns.</summary>
    internal ImageSize Extent => new(Size, Width ?? Size);

    /// <summary>Rotation in degrees before the crop, uniform between minus and plus this, 0 to 180. Digits: 15.</summary>
    public double Rotation { get; init; }

    /// <summary>Smallest area of a crop, as a part of the image.</summary>
    public double SmallestArea { get; init; } = 1;

    /// <summary>
    /// What <see cref="SmallestArea"/> has become after half of training, along a straight line: small crops hide where things are and how
    /// large, which is what an untrained network sees first, and large ones then show what is alike. Above 0 to <see cref="LargestArea"/>.
    /// Null: it stays.
    /// </summary>
    public double? LastSmallestArea { get; init; }

    /// <summary>The part of training by whose end crops are as in the last epoch.</summary>
    internal const double GrowthPart = 0.5;

    /// <summary>Largest area of a crop, as a part of the image.</summary>
    public double LargestArea { get; init; } = 1;

    /// <summary>A crop's width over its height, as a part of the view's, lies between this and its inverse, log-uniformly.</summary>
    public double SmallestAspect { get; init; } = 3.0 / 4;

    /// <summary>
    /// False: crops begin and end at whole pixels and one that does not fit is drawn again, as torchvision does. True: they begin anywhere,
    /// and one that does not fit is cut: in an image of 28 pixels whole ones are coarse.
    /// </summary>
    public bool SubpixelCrops { get; init; }

    /// <summary>The part of views that are mirrored.</summary>
    public double FlipProbability { get; init; }

    /// <summary>The part of views whose colors change: brightness, contrast, saturation and hue, in an order of its own for every
    /// image.</summary>
    public double JitterProbability { get; init; }

    /// <summary>Brightness is multiplied by a factor between 1 minus (at least 0) and 1 plus this.</summary>
    public double Brightness { get; init; }

    /// <summary>Contrast (the distance from the mean of the gray image) is multiplied by a factor between 1 minus (at least 0) and 1 plus
    /// this.</summary>
    public double Contrast { get; init; }

    /// <summary>Saturation (the distance from the gray image) is multiplied by a factor between 1 minus (at least 0) and 1 plus
    /// this.</summary>
    public double Saturation { get; init; }

    /// <summary>Hue turns by between minus and plus this, as a part of a whole turn, at most 0.5.</summary>
    public double Hue { get; init; }

    /// <summary>The part of views that lose their color.</summary>
    public double GrayProbability { get; init; }

    /// <summary>Color is lost before it is jittered, as in MoCo v1, instead of after.</summary>
    public bool GrayFirst { get; init; }

    /// <summary>The part of views that are blurred.</summary>
    public double BlurProbability { get; init; }

    /// <summary>Smallest standard deviation of the blur, in pixels of the view.</summary>
    public double SmallestBlur { get; init; } = 0.1;

    /// <summary>Largest standard deviation of the blur, in pixels of the view; uniform between the two.</summary>
    public double LargestBlur { get; init; } = 2;

    /// <summary>Width of the blur's kernel in pixels, odd. Small views take what fits.</summary>
    public int BlurKernel { get; init; } = 23;

    /// <summary>The part of views whose values from <see cref="SolarizeThreshold"/> on are inverted.</summary>
    public double SolarizeProbability { get; init; }

    /// <summary>From which value on, 0 to 1.</summary>
    public double SolarizeThreshold { get; init; } = 0.5;

    /// <summary>The views of a moment of training.</summary>
    /// <param name="progress">0 in the scan to 1 in the last epoch; the ends hold beyond them.</param>
    public ViewOptions At(double progress) =>
        LastSmallestArea is { } last
            ? this with
            {
                SmallestArea = SmallestArea + (last - SmallestArea) * Math.Clamp(progress / GrowthPart, 0, 1),
            }
            : this;

    /// <summary>Refuses what cannot be drawn.</summary>
    /// <exception cref="InvalidOptionsException">Names the option, its value and what would do.</exception>
    public void Validate()
    {
        Require(Size is >= 1 and <= 1024, nameof(Size), Size, "1 to 1024 pixels");
        Require(Width is null or (>= 1 and <= 1024), nameof(Width), Width ?? 0, "1 to 1024 pixels");
        Require(Rotation is >= 0 and <= 180, nameof(Rotation), Rotation, "0 to 180 degrees");
        Require(SmallestArea is > 0 and <= 1, nameof(SmallestArea), SmallestArea, "above 0 and at most 1");
        Require(
            LargestArea is <= 1 && LargestArea >= SmallestArea,
            nameof(LargestArea),
            LargestArea,
            $"{nameof(SmallestArea)} ({SmallestArea}) to 1"
        );
        Require(
            LastSmallestArea is null || (LastSmallestArea > 0 && LastSmallestArea <= LargestArea),
            nameof(LastSmallestArea),
            LastSmallestArea ?? 0,
            $"above 0 to {nameof(LargestArea)} ({LargestArea})"
        );
        Require(SmallestAspect is > 0 and <= 1, nameof(SmallestAspect), SmallestAspect, "above 0 and at most 1");
        foreach (
            var (name, value) in ((string, double)[])
                [
                    (nameof(FlipProbability), FlipProbability),
                    (nameof(JitterProbability), JitterProbability),
                    (nameof(GrayProbability), GrayProbability),
                    (nameof(BlurProbability), BlurProbability),
                    (nameof(SolarizeProbability), SolarizeProbability),
                    (nameof(SolarizeThreshold), SolarizeThreshold),
                ]
        )
            Require(value is >= 0 and <= 1, name, value, "0 to 1");
        foreach (
            var (name, value) in ((string, double)[])
                [(nameof(Brightness), Brightness), (nameof(Contrast), Contrast), (nameof(Saturation), Saturation)]
        )
            Require(value is >= 0 and <= 100, name, value, "0 to 100");
        Require(Hue is >= 0 and <= 0.5, nameof(Hue), Hue, "0 to 0.5");
        Require(SmallestBlur is > 0 and <= 1000, nameof(SmallestBlur), SmallestBlur, "above 0 and at most 1000 pixels");
        Require(
            LargestBlur <= 1000 && LargestBlur >= SmallestBlur,
            nameof(LargestBlur),
            LargestBlur,
            $"{nameof(SmallestBlur)} ({SmallestBlur}) to 1000 pixels"
        );
        Require(BlurKernel is >= 1 and <= 1023 && BlurKernel % 2 == 1, nameof(BlurKernel), BlurKernel, "an odd number from 1 to 1023");
    }

    static void Require(bool holds, string field, double value, string range)
    {
        if (!holds)
            throw new InvalidOptionsException(
                field,
                FormattableString.Invariant($"{value}"),
                FormattableString.Invariant($"{field} is {value}; a view takes {range}.")
            );
    }
}
