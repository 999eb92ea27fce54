using CoKe.Errors;

namespace CoKe.Learning.Data;

/// <summary>Which part of every mini-batch a trainer takes. All trainers draw the same order, so that together they take every image
/// once.</summary>
public sealed record RankPart
{
    /// <summary>The whole: there is one trainer.</summary>
    public static readonly RankPart Whole = new(0, 1);

    /// <param name="rank">0 to <paramref name="world"/> - 1.</param>
    /// <param name="world">How many trainers there are.</param>
    /// <exception cref="InvalidOptionsException">There is no such rank.</exception>
    public RankPart(int rank, int world)
    {
        if (world < 1)
            throw new InvalidOptionsException(nameof(world), $"{world}", $"world is {world}; there is at least 1 trainer.");
        if (rank < 0 || rank >= world)
            throw new InvalidOptionsException(
                nameof(rank),
                $"{rank}",
                $"rank is {rank}; {world} trainers have ranks from 0 to {world - 1}."
            );
        (Rank, World) = (rank, world);
    }

    /// <summary>Counted from 0.</summary>
    public int Rank { get; }

    /// <summary>How many trainers there are.</summary>
    public int World { get; }

    /// <summary>The contiguous part of <paramref name="ids"/>; parts differ by one image at most, and joined by rank they are the whole
    /// again.</summary>
    public int[] Of(int[] ids) => ids[(int)((long)ids.Length * Rank / World)..(int)((long)ids.Length * (Rank + 1) / World)];
}

/// <summary>Cuts an epoch into mini-batches.</summary>
public static class EpochBatches
{
    /// <summary>Mini-batches of one epoch.</summary>
    public static int Count(int imageCount, int batchSize) => (imageCount + batchSize - 1) / batchSize;

    /// <summary>Refuses more trainers than a mini-batch has images.</summary>
    /// <exception cref="InvalidOptionsException">A mini-batch has fewer images than there are trainers.</exception>
    public static void CheckWorld(int imageCount, int batchSize, int world)
    {
        if (Count(imageCount, batchSize) is > 0 and var steps && imageCount / steps < world)
            throw new InvalidOptionsException(
                "world",
                $"{world}",
                $"world is {world}, but a mini-batch has {imageCount / steps} images: every trainer needs one; start fewer, "
                    + "or raise schedule.batch-size."
            );
    }

    /// <summary>The images of an epoch in the given order, cut into equal mini-batches of at most <paramref name="batchSize"/>: none is
    /// left out.</summary>
    /// <param name="order">Image ids.</param>
    /// <param name="batchSize">Images of a mini-batch, all ranks together.</param>
    /// <param name="part">What this trainer reads of every mini-batch; null: all of it.</param>
    /// <exception cref="InvalidOptionsException">A mini-batch has fewer images than there are trainers.</exception>
    public static int[][] Of(int[] order, int batchSize, RankPart? part = null)
    {
        var (steps, mine) = (Count(order.Length, batchSize), part ?? RankPart.Whole);
        CheckWorld(order.Length, batchSize, mine.World);
        return
        [
            .. Enumerable
                .Range(0, steps)
                .Select(s => mine.Of(order[(int)((long)order.Length * s / steps)..(int)((long)order.Length * (s + 1) / steps)])),
        ];
    }
}
