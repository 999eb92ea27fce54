using CoKe.ConstrainedKMeans;

namespace CoKe.Simulation.Runs;

/// <summary>Whose mini-batches an epoch accepted: the attempt, and the generation of every rank.</summary>
sealed record EpochOrigin(int Attempt, int[] Generations);

/// <summary>Algorithm 1 in one process, replayed over what was accepted.</summary>
sealed class Reference(RunPlan plan)
{
    /// <summary>The state after so many steps of the epoch that follows the given closed ones. The caller disposes it.</summary>
    /// <param name="closed">Origins of the closed epochs, in order.</param>
    /// <param name="open">Origin of the open epoch.</param>
    /// <param name="steps">Mini-batches of the open epoch.</param>
    public OnlineConstrainedKMeans After(IReadOnlyList<EpochOrigin> closed, EpochOrigin open, int steps)
    {
        var oracle = new OnlineConstrainedKMeans(
            plan.Specification.Clustering,
            plan.Specification.InitialCenters?.Select(centers => centers.Span.ToArray()).ToArray()
        );
        for (var epoch = 0; epoch < closed.Count; epoch++)
        {
            Feed(oracle, epoch, closed[epoch], int.MaxValue);
            oracle.EndEpoch();
        }

        Feed(oracle, closed.Count, open, steps);
        return oracle;
    }

    /// <summary>How many mini-batches of a rank are in the first so many steps of an epoch.</summary>
    public long Watermark(int epoch, int rank, long steps) => Math.Min(steps, plan.Parts(epoch, rank).Length);

    void Feed(OnlineConstrainedKMeans oracle, int epoch, EpochOrigin origin, int steps)
    {
        var parts = Enumerable.Range(0, plan.Trainers).Select(rank => plan.Parts(epoch, rank)).ToArray();
        for (var s = 0; s < Math.Min(steps, parts.Max(p => p.Length)); s++)
        {
            var ranks = Enumerable.Range(0, plan.Trainers).Where(rank => s < parts[rank].Length).ToArray();
            oracle.Step(
                [.. ranks.SelectMany(rank => plan.Embeddings(parts[rank][s], epoch, origin.Generations[rank], origin.Attempt))],
                [.. ranks.SelectMany(rank => parts[rank][s])]
            );
        }
    }
}
