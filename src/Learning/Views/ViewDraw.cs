using CoKe.ConstrainedKMeans;

namespace CoKe.Learning.Views;

/// <summary>The numbers of one view of one image.</summary>
readonly record struct ViewDraw
{
    /// <summary>Counterclockwise, in degrees.</summary>
    public double Angle { get; init; }

    public CropBox Crop { get; init; }

    public bool Mirror { get; init; }

    public ColorJitter Jitter { get; init; }

    public bool Gray { get; init; }

    /// <summary>Standard deviation of the blur in pixels; 0: none.</summary>
    public float Blur { get; init; }

    public bool Solarize { get; init; }

    /// <summary>Draws for an image of the given size. Every number is drawn whether it is used or not, so one option does not move the
    /// draws of another.</summary>
    public static ViewDraw Of(ViewOptions options, int height, int width, SeededRandom random)
    {
        var angle = random.NextAround(options.Rotation);
        var crop = CropBox.Draw(options, height, width, random);
        var mirror = random.NextEvent(options.FlipProbability);
        var jitter = ColorJitter.Draw(options, random);
        var gray = random.NextEvent(options.GrayProbability);
        var blurred = random.NextEvent(options.BlurProbability);
        var blur = (float)random.NextBetween(options.SmallestBlur, options.LargestBlur);
        return new ViewDraw
        {
            Angle = angle,
            Crop = crop,
            Mirror = mirror,
            Jitter = jitter,
            Gray = gray,
            Blur = blurred ? blur : 0,
            Solarize = random.NextEvent(options.SolarizeProbability),
        };
    }
}
