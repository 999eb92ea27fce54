using CoKe.Cli.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Tests.Features;

/// <summary>Seeded synthetic features: rows around a few directions, the first directions with many more rows than the last.</summary>
static class Blobs
{
    public static FeatureMatrix Create(int rows, int dimension, int blobs, int seed = 1)
    {
        var random = new SeededRandom(seed);
        var directions = new double[blobs][];
        for (var b = 0; b < blobs; b++)
            directions[b] = Normal(random, dimension);
        var values = new float[rows * dimension];
        for (var row = 0; row < rows; row++)
        {
            var u = random.NextUniform();
            var direction = directions[(int)(u * u * blobs)];
            var noise = Normal(random, dimension);
            for (var i = 0; i < dimension; i++)
                values[(row * dimension) + i] = (float)(direction[i] + (0.5 * noise[i]));
        }

        return FeatureMatrix.Prepare(rows, dimension, values);
    }

    /// <summary>Writes them to a file.</summary>
    public static FeatureMatrix Save(string path, int rows, int dimension, int blobs)
    {
        var features = Create(rows, dimension, blobs);
        SavedArray.Save(path, features.Values, rows, dimension);
        return features;
    }

    static double[] Normal(SeededRandom random, int dimension) => [.. Enumerable.Range(0, dimension).Select(_ => random.NextNormal())];
}
