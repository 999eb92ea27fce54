using CoKe.ConstrainedKMeans;
using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// Draws views: a random resized crop, mirror and rotation as one affine map per image, then brightness, contrast and colors. Pixels are worked on as one batch, yet
/// every image draws its own numbers, all from one seeded generator: a run repeats bit for bit.
/// </summary>
sealed class Augmentation(AugmentationOptions options, Normalization normalization, SeededRandom random)
{
    /// <summary>Makes one view of every image.</summary>
    /// <param name="images">[b, c, h, w], values 0 to 1.</param>
    /// <returns>[b, c, h, w], normalized.</returns>
    public Tensor View(Tensor images)
    {
        var draws = new Draws((int)images.shape[0]);
        for (var image = 0; image < draws.Count; image++)
            Draw(draws, image);
        Tensor PerImage(float[] values, params long[] shape) => tensor(values).view(shape).to(images.device);

        var grid = nn.functional.affine_grid(PerImage(draws.CropMaps, -1, 2, 3), images.shape, align_corners: false);
        var views = nn.functional.grid_sample(images, grid, padding_mode: GridSamplePaddingMode.Border, align_corners: false);

        views = views.mul_(PerImage(draws.Brightness, -1, 1, 1, 1)).clamp_(Held.Zero, Held.One);
        // Contrast f scales around the mean m: x f + m (1 - f).
        var mean = views.mean([1, 2, 3], keepdim: true);
        var contrast = PerImage(draws.Contrast, -1, 1, 1, 1);
        views = views.mul_(contrast).add_(mean * OneMinus(contrast), Held.One).clamp_(Held.Zero, Held.One);
        if (images.shape[1] == 3)
        {
            var gray = PerImage(draws.Gray, -1, 1, 1, 1);
            views = (views * OneMinus(gray)).add_(views.mean([1], keepdim: true) * gray, Held.One);
            views = views.mul_(PerImage(draws.Colors, -1, 3, 1, 1)).clamp_(Held.Zero, Held.One);
        }
        return normalization.Apply(views);
    }

    void Draw(Draws draws, int image)
    {
        var area = Between(options.SmallestArea, 1);
        var aspect = Math.Exp(Around(Math.Log(options.SmallestAspect)));
        var (width, height) = (Math.Min(1, Math.Sqrt(area * aspect)), Math.Min(1, Math.Sqrt(area / aspect)));
        var (right, down) = (Around(1 - width), Around(1 - height));
        var mirror = random.NextUniform() < 0.5 && options.Flip ? -1 : 1;
        var (sine, cosine) = Math.SinCos(Around(options.Rotation * Math.PI / 180));
        // From the view to the image, in coordinates of -1 to 1: scale by the crop, mirror, rotate, shift so that the crop stays inside.
        ReadOnlySpan<double> map = [width * mirror * cosine, -height * sine, right, width * mirror * sine, height * cosine, down];
        for (var i = 0; i < map.Length; i++)
            draws.CropMaps[image * map.Length + i] = (float)map[i];

        var jitter = random.NextUniform() < options.JitterProbability ? 1 : 0;
        draws.Brightness[image] = (float)(1 + jitter * Around(options.Jitter));
        draws.Contrast[image] = (float)(1 + jitter * Around(options.Jitter));
        draws.Gray[image] = random.NextUniform() < options.GrayProbability ? 1 : 0;
        for (var channel = 0; channel < 3; channel++)
            draws.Colors[image * 3 + channel] = (float)(1 + jitter * Around(options.ColorJitter));
    }

    double Between(double low, double high) => low + (high - low) * random.NextUniform();

    /// <summary>Uniform between minus and plus <paramref name="range"/>.</summary>
    double Around(double range) => (2 * random.NextUniform() - 1) * range;

    static Tensor OneMinus(Tensor values) => values.neg().add_(Held.One, Held.One);

    /// <summary>The numbers of a batch, image after image.</summary>
    readonly struct Draws(int count)
    {
        public readonly int Count = count;
        public readonly float[] CropMaps = new float[6 * count], Brightness = new float[count], Contrast = new float[count], Gray = new float[count], Colors = new float[3 * count];
    }
}
