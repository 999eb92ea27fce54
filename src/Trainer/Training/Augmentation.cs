using static TorchSharp.torch;

namespace CoKe.Trainer.Training;

/// <summary>
/// Draws views: a random resized crop, mirror and rotation as one affine map per image, then brightness, contrast and colors. Everything is a batch operation,
/// yet every image draws its own numbers, all from one seeded generator: a run repeats bit for bit.
/// </summary>
sealed class Augmentation(AugmentationOptions options, Normalization normalization, Generator generator)
{
    // Random numbers per image: crop area, aspect, shift x, shift y, mirror, rotation, jitter at all, brightness, contrast, gray, three colors.
    const int Draws = 13;

    /// <summary>Makes one view of every image.</summary>
    /// <param name="images">[b, c, h, w], values 0 to 1.</param>
    /// <returns>[b, c, h, w], normalized.</returns>
    public Tensor View(Tensor images)
    {
        var draws = rand(Draws, images.shape[0], device: images.device, generator: generator).unbind(0);
        var warped = nn.functional.grid_sample(images, nn.functional.affine_grid(CropMaps(draws), images.shape, align_corners: false),
            padding_mode: GridSamplePaddingMode.Border, align_corners: false);
        return normalization.Apply(Recolored(warped, draws));
    }

    /// <summary>Maps from the view to the image, [b, 2, 3], in coordinates from -1 to 1: scale by the crop, mirror, rotate, shift so that the crop stays inside.</summary>
    Tensor CropMaps(Tensor[] draws)
    {
        var area = draws[0] * (1 - options.SmallestArea) + options.SmallestArea;
        var aspect = ((draws[1] * 2 - 1) * -Math.Log(options.SmallestAspect)).exp();
        var width = (area * aspect).sqrt().clamp(max: 1);
        var height = (area / aspect).sqrt().clamp(max: 1);
        var mirror = options.Flip ? 1 - 2 * draws[4].lt(0.5).to_type(ScalarType.Float32) : ones_like(area);
        var angle = (draws[5] * 2 - 1) * (options.Rotation * Math.PI / 180);
        var (cosine, sine) = (angle.cos(), angle.sin());
        return stack(
        [
            width * mirror * cosine, -height * sine, (draws[2] * 2 - 1) * (1 - width),
            width * mirror * sine, height * cosine, (draws[3] * 2 - 1) * (1 - height),
        ], dim: 1).view(-1, 2, 3);
    }

    Tensor Recolored(Tensor images, Tensor[] draws)
    {
        var jittered = draws[6].lt(options.JitterProbability).to_type(ScalarType.Float32);
        Tensor Factor(Tensor draw, double range) => (1 + jittered * (draw * 2 - 1) * range).view(-1, 1, 1, 1);

        images = images.mul_(Factor(draws[7], options.Jitter)).clamp_(0, 1);
        // Contrast scales around the mean: x f + m (1 - f).
        var contrast = Factor(draws[8], options.Jitter);
        var mean = images.mean([1, 2, 3], keepdim: true);
        images = images.mul_(contrast).add_(mean * (1 - contrast)).clamp_(0, 1);
        if (images.shape[1] != 3)
            return images;
        var gray = draws[9].lt(options.GrayProbability).view(-1, 1, 1, 1);
        images = where(gray, images.mean([1], keepdim: true), images);
        var colors = stack([Factor(draws[10], options.ColorJitter), Factor(draws[11], options.ColorJitter), Factor(draws[12], options.ColorJitter)], dim: 1);
        return images.mul_(colors.view(-1, 3, 1, 1)).clamp_(0, 1);
    }
}
