using CoKe.Abstractions;
using CoKe.Client;

namespace CoKe.Cli.Labeling;

/// <summary>What a run committed last: labels and frozen centers of one and the same epoch, also while the run goes on.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Labels">Per head: N labels, -1 where an image was never seen; null when they were not asked for.</param>
/// <param name="Centers">Per head: K x d unit rows; null when they were not asked for.</param>
sealed record FrozenEpoch(int Epoch, int[][]? Labels, IReadOnlyList<float[]>? Centers)
{
    // Long reads are cut, so that soft labels, which nobody asked for, do not fill the memory in stage two.
    const int ImagesAtOnce = 1 << 17;

    // So often the run may commit another epoch while this one is read.
    const int Races = 5;

    /// <summary>Reads the last committed epoch, all heads.</summary>
    /// <exception cref="EpochNotReadableException">No epoch is committed yet, or the run is faster than its reader.</exception>
    public static async Task<FrozenEpoch> ReadAsync(
        CokeClient client,
        RunStatus run,
        bool labels,
        bool centers,
        CancellationToken cancellation
    )
    {
        for (var races = Races; ; races--)
        {
            int? epoch = null;
            try
            {
                var read = centers ? await client.ReadCentersAsync(run.Name, cancellation: cancellation) : null;
                epoch = read?.Epoch;
                var all = new int[run.Specification.Clustering.Heads.Count][];
                for (var h = 0; h < all.Length; h++)
                    all[h] = new int[labels ? run.Specification.Clustering.ImageCount : 0];
                for (var first = 0; first < all[0].Length; first += ImagesAtOnce)
                {
                    cancellation.ThrowIfCancellationRequested();
                    int[] images = [.. Enumerable.Range(first, Math.Min(ImagesAtOnce, all[0].Length - first))];
                    var part = await client.ReadLabelsAsync(run.Name, images, epoch, cancellation);
                    epoch = part.Epoch;
                    for (var h = 0; h < all.Length; h++)
                        part.Labels[h].CopyTo(all[h], first);
                }

                return new FrozenEpoch(epoch!.Value, labels ? all : null, read?.Centers);
            }
            catch (EpochNotReadableException) when (races > 0 && epoch is not null)
            {
                // The run has committed the next one since the first part was read.
            }
        }
    }

    /// <summary>Refuses a head that the run does not have.</summary>
    /// <returns>The heads that are meant: the one given, or all.</returns>
    /// <exception cref="UnknownPartException">There is no such head.</exception>
    public static int[] Heads(RunStatus run, int? head)
    {
        var count = run.Specification.Clustering.Heads.Count;
        if (head is not { } one)
            return [.. Enumerable.Range(0, count)];
        return one >= 0 && one < count ? [one] : throw new UnknownPartException("head", one, count);
    }
}
