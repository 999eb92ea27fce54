using System.IO.Compression;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Tests.Cluster;

/// <summary>Embeddings of real images: the first training images of the bundled Fashion-MNIST, centered, randomly projected, unit
/// norm.</summary>
static class RealImages
{
    const int Header = 16;
    const int Pixels = 28 * 28;

    /// <summary>n x d, row-major, unit rows.</summary>
    public static float[] Embeddings(int n, int d, int seed)
    {
        using var file = new GZipStream(
            File.OpenRead(Path.Combine(AppContext.BaseDirectory, "fashion-mnist", "train-images-idx3-ubyte.gz")),
            CompressionMode.Decompress
        );
        var bytes = new byte[Header + (n * Pixels)];
        file.ReadExactly(bytes);
        var random = new SeededRandom(seed);
        var projection = new float[Pixels * d];
        for (var i = 0; i < projection.Length; i++)
            projection[i] = (float)random.NextNormal();
        var mean = new float[Pixels];
        for (var i = 0; i < n; i++)
            for (var p = 0; p < Pixels; p++)
                mean[p] += bytes[Header + (i * Pixels) + p] / (float)n;

        var embeddings = new float[n * d];
        Parallel.For(0, n, i =>
        {
            var row = embeddings.AsSpan(i * d, d);
            for (var p = 0; p < Pixels; p++)
            {
                var x = bytes[Header + (i * Pixels) + p] - mean[p];
                for (var j = 0; j < d; j++)
                    row[j] += x * projection[(p * d) + j];
            }

            var norm = 0.0;
            foreach (var v in row)
                norm += (double)v * v;
            for (var j = 0; j < d; j++)
                row[j] = (float)(row[j] / Math.Sqrt(norm));
        });
        return embeddings;
    }
}
