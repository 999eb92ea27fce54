using CoKe.Abstractions;

namespace CoKe.Cli.Clustering;

/// <summary>
/// When more passes would change nothing that matters: in every head hardly a label has changed, the similarity stands, and no cluster
/// misses its minimum, because duals that still climb will move labels later. Read off the reports alone, so that actors and library stop
/// after the same pass.
/// </summary>
static class Settling
{
    /// <summary>Labels that may still change in a pass, as a share of the images.</summary>
    public const double ChangedLabels = 1e-3;

    /// <summary>How far the mean similarity may still move from pass to pass, relative to itself.</summary>
    public const double SimilarityChange = 1e-5;

    /// <summary>Whether the last pass settled all heads.</summary>
    /// <param name="passes">The reports so far, in order.</param>
    public static bool IsReached(IReadOnlyList<EpochReport> passes) =>
        passes.Count > 1 && passes[^1].Heads.Index().All(head => IsSettled(passes[^2].Heads[head.Index], head.Item, passes[^1].Rows));

    static bool IsSettled(HeadReport before, HeadReport now, long rows) =>
        now.Violation < 1 // of an image: minimums are whole
        && now.ChangedLabels <= ChangedLabels * rows
        && Math.Abs(now.MeanSimilarity - before.MeanSimilarity) <= SimilarityChange * Math.Abs(now.MeanSimilarity);
}
