using System.Diagnostics;
using CoKe.Client;
using CoKe.ConstrainedKMeans;

namespace CoKe.Benchmarks;

/// <summary>The load of every benchmark: the paper's ImageNet shape, embeddings around 200 modes.</summary>
static class Load
{
    public const int B = 1024,
        D = 128,
        N = 1_281_167;

    /// <summary>The paper's 8 GPUs.</summary>
    public const double ImagesPerSecond = 2_540;

    public static ClusteringOptions Options(params int[] heads) =>
        new()
        {
            ImageCount = N,
            Dimension = D,
            BatchSize = B,
            Heads = [.. heads.Select(K => new HeadOptions { ClusterCount = K, DualLearningRate = 20 })],
        };

    /// <summary>Mini-batches of B unit rows.</summary>
    public static float[][] Batches(int count, int seed)
    {
        var random = new SeededRandom(seed);
        var modes = Enumerable.Range(0, 200).Select(_ => Unit(D, _ => random.NextNormal())).ToArray();
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(_ =>
                {
                    var rows = new float[B * D];
                    for (var i = 0; i < B; i++)
                    {
                        var mode = modes[random.NextInt32(modes.Length)];
                        Unit(D, j => mode[j] + (0.08 * random.NextNormal())).CopyTo(rows, i * D);
                    }

                    return rows;
                }),
        ];
    }

    /// <summary>The ids of mini-batch s of an epoch.</summary>
    public static int[] Ids(int step) => [.. Enumerable.Range(step * B, B)];

    /// <summary>Pushes an epoch at the paper's rate until it is full, or until it is told to end.</summary>
    public static async Task FeedAsync(TrainerSession session, CancellationToken end)
    {
        var batches = Batches(16, 2);
        for (var (step, started) = (0, Stopwatch.GetTimestamp()); !end.IsCancellationRequested && (step + 1) * B <= N; step++)
        {
            await session.PushAsync(Ids(step), batches[step % batches.Length], end);
            await PaceAsync(started, step + 1);
        }
    }

    /// <summary>Completes when so many steps since a time are due by the paper's rate.</summary>
    public static async Task PaceAsync(long started, int steps)
    {
        var ahead = TimeSpan.FromSeconds(steps * B / ImagesPerSecond) - Stopwatch.GetElapsedTime(started);
        if (ahead > TimeSpan.Zero)
            await Task.Delay(ahead);
    }

    static float[] Unit(int d, Func<int, double> value)
    {
        var v = Enumerable.Range(0, d).Select(value).ToArray();
        var norm = Math.Sqrt(v.Sum(x => x * x));
        return [.. v.Select(x => (float)(x / norm))];
    }
}
