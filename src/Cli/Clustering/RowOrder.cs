using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Clustering;

/// <summary>The order in which rows are fed: every pass shuffles them anew, from the seed.</summary>
static class RowOrder
{
    // Keeps the order of a pass apart from the draws of initial centers.
    const int OrderStream = 1;

    /// <summary>The N rows in the order of a pass, counted from 0.</summary>
    public static int[] OfPass(ClusteringOptions clustering, int pass) =>
        new SeededRandom(clustering.Seed, OrderStream, pass).Permutation(clustering.ImageCount);
}
