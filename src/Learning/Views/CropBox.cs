using CoKe.ConstrainedKMeans;

namespace CoKe.Learning.Views;

/// <summary>The part of an image that a view shows, in pixels; coordinates are of pixel edges, so the image is 0 to its width.</summary>
public readonly record struct CropBox(double Top, double Left, double Height, double Width)
{
    const int Attempts = 10;

    /// <summary>Draws a box in an image of the given size.</summary>
    public static CropBox Draw(ViewOptions options, int height, int width, SeededRandom random) =>
        options.SubpixelCrops ? DrawAnywhere(options, height, width, random) : DrawWholePixels(options, height, width, random);

    /// <summary>torchvision's RandomResizedCrop (whose views are squares): area uniform, aspect log-uniform, whole pixels; what does not
    /// fit is drawn again, ten times at most.</summary>
    static CropBox DrawWholePixels(ViewOptions options, int height, int width, SeededRandom random)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var (area, aspect) = DrawShape(options, random);
            area *= (double)height * width;
            var (w, h) = ((int)Math.Round(Math.Sqrt(area * aspect)), (int)Math.Round(Math.Sqrt(area / aspect)));
            if (w >= 1 && w <= width && h >= 1 && h <= height)
                return new CropBox(random.NextInt32(height - h + 1), random.NextInt32(width - w + 1), h, w);
        }

        // The middle of the image, as much of it as the range of aspects allows.
        var (least, most) = (Aspect(options) * options.SmallestAspect, Aspect(options) / options.SmallestAspect);
        var (rows, columns) = (height, width);
        if ((double)width / height < least)
            rows = (int)Math.Round(width / least);
        else if ((double)width / height > most)
            columns = (int)Math.Round(height * most);
        return new CropBox((height - rows) / 2, (width - columns) / 2, rows, columns);
    }

    static CropBox DrawAnywhere(ViewOptions options, int height, int width, SeededRandom random)
    {
        var (area, aspect) = DrawShape(options, random);
        area *= (double)height * width;
        var (w, h) = (Math.Min(width, Math.Sqrt(area * aspect)), Math.Min(height, Math.Sqrt(area / aspect)));
        return new CropBox((height - h) * random.NextUniform(), (width - w) * random.NextUniform(), h, w);
    }

    static (double Area, double Aspect) DrawShape(ViewOptions options, SeededRandom random) =>
        (
            random.NextBetween(options.SmallestArea, options.LargestArea),
            Aspect(options) * Math.Exp(random.NextAround(Math.Log(options.SmallestAspect)))
        );

    static double Aspect(ViewOptions options) => (double)options.Extent.Width / options.Extent.Height;
}
