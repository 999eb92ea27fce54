using System.Buffers.Binary;
using System.IO.Compression;

namespace CoKe.ConstrainedKMeans.Tests;

/// <summary>Embeddings to test with.</summary>
static class Features
{
    const int IdxHeader = 16;

    /// <summary>
    /// The bundled Fashion-MNIST images, centered, projected at random on d dimensions and normalized: N x d, row-major, in the file's
    /// order.
    /// </summary>
    public static float[] FashionMnist(int N, int d, int seed)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "fashion-mnist", "train-images-idx3-ubyte.gz");
        using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var memory = new MemoryStream();
        file.CopyTo(memory);
        var bytes = memory.ToArray();
        var pixels = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(8)) * BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(12));

        var mean = new double[pixels];
        for (var i = 0; i < N * pixels; i++)
            mean[i % pixels] += bytes[IdxHeader + i] / (double)N;
        var random = new SeededRandom(seed);
        var projection = new double[d * pixels];
        for (var i = 0; i < projection.Length; i++)
            projection[i] = random.NextNormal();

        var embeddings = new float[N * d];
        var row = new double[d];
        for (var n = 0; n < N; n++)
        {
            Array.Clear(row);
            for (var p = 0; p < pixels; p++)
            {
                var value = bytes[IdxHeader + n * pixels + p] - mean[p];
                for (var i = 0; i < d; i++)
                    row[i] += value * projection[p * d + i];
            }

            Unit(row, embeddings.AsSpan(n * d, d));
        }

        return embeddings;
    }

    /// <summary>Random unit rows around a few modes, or with several views means of them.</summary>
    public static float[] Modes(SeededRandom random, int N, int d, int views = 1, int modes = 6, double noise = 0.4)
    {
        var centers = Enumerable.Range(0, modes * d).Select(_ => random.NextNormal() / Math.Sqrt(d)).ToArray();
        var embeddings = new float[N * d];
        var row = new double[d];
        for (var n = 0; n < N; n++)
        {
            var mode = random.NextInt32(modes);
            for (var view = 0; view < views; view++)
            {
                for (var i = 0; i < d; i++)
                    row[i] = centers[mode * d + i] + noise * random.NextNormal() / Math.Sqrt(d);
                var norm = Math.Sqrt(row.Sum(value => value * value));
                for (var i = 0; i < d; i++)
                    embeddings[n * d + i] += (float)(row[i] / norm / views);
            }
        }

        return embeddings;
    }

    public static float[] Rows(float[] embeddings, int d, ReadOnlySpan<int> images)
    {
        var rows = new float[images.Length * d];
        for (var i = 0; i < images.Length; i++)
            embeddings.AsSpan(images[i] * d, d).CopyTo(rows.AsSpan(i * d));
        return rows;
    }

    static void Unit(double[] row, Span<float> unit)
    {
        var norm = Math.Sqrt(row.Sum(value => value * value));
        for (var i = 0; i < row.Length; i++)
            unit[i] = (float)(row[i] / norm);
    }
}
