using static TorchSharp.torch;

namespace CoKe.Learning.Views;

/// <summary>Rotates every image around its center by its own angle, bilinearly; outside the image its border goes on, so that no black
/// corners come into photographs.</summary>
static class Rotation
{
    /// <param name="images">[n, c, h, w], all of it image.</param>
    /// <param name="draws">The angle of every image in degrees, counterclockwise.</param>
    public static Tensor Apply(Tensor images, ReadOnlySpan<ViewDraw> draws)
    {
        var (height, width) = ((double)images.shape[2], (double)images.shape[3]);
        var maps = new float[6 * draws.Length];
        for (var i = 0; i < draws.Length; i++)
        {
            // Coordinates of the map are -1 to 1 along either side, so other than in pixels a turn shears an image that is no square.
            var (sine, cosine) = Math.SinCos(draws[i].Angle * Math.PI / 180);
            (maps[6 * i], maps[6 * i + 1], maps[6 * i + 3], maps[6 * i + 4]) = (
                (float)cosine,
                (float)(-sine * height / width),
                (float)(sine * width / height),
                (float)cosine
            );
        }
        var grid = nn.functional.affine_grid(tensor(maps).view(-1, 2, 3).to(images.device), images.shape, align_corners: false);
        return nn.functional.grid_sample(images, grid, padding_mode: GridSamplePaddingMode.Border, align_corners: false);
    }
}
