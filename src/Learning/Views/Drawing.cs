using CoKe.ConstrainedKMeans;

namespace CoKe.Learning.Views;

/// <summary>The distributions that views are drawn from.</summary>
static class Drawing
{
    /// <summary>Uniform between <paramref name="low"/> and <paramref name="high"/>.</summary>
    public static double NextBetween(this SeededRandom random, double low, double high) => low + (high - low) * random.NextUniform();

    /// <summary>Uniform between minus and plus <paramref name="range"/>.</summary>
    public static double NextAround(this SeededRandom random, double range) => (2 * random.NextUniform() - 1) * range;

    /// <summary>A factor uniform between 1 minus (at least 0) and 1 plus <paramref name="range"/>.</summary>
    public static float NextFactor(this SeededRandom random, double range) => (float)random.NextBetween(Math.Max(0, 1 - range), 1 + range);

    /// <summary>True with <paramref name="probability"/>.</summary>
    public static bool NextEvent(this SeededRandom random, double probability) => random.NextUniform() < probability;
}
