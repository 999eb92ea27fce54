using CoKe.Cli.Sizes;
using CoKe.ConstrainedKMeans;

namespace CoKe.Cli.Report;

/// <summary>
/// How far the labels of a head are from the best assignment to the same final centers that meets the minimum sizes (eqn 6). Offline,
/// because it needs every similarity. Of labels with exact sizes the step itself says it; those of the passes alone need a bound.
/// </summary>
/// <param name="Achieved">Mean similarity of the labels.</param>
/// <param name="Limit">No assignment that meets the sizes has a higher one: the Lagrangian bound, per image.</param>
sealed record CertifiedRegret(double Achieved, double Limit)
{
    /// <summary>An upper bound of the regret per image; below 0 the labels bought similarity by violating the constraint.</summary>
    public double PerImage => ClusterQuality.Regret(Limit, Achieved);

    /// <summary>Certifies one head.</summary>
    /// <param name="features">The rows.</param>
    /// <param name="centers">The head's final centers, K x d.</param>
    /// <param name="head">Its labels.</param>
    public static CertifiedRegret Of(RowSource features, float[] centers, SizedHead head) =>
        new(
            head.MeanSimilarity,
            head.Exact is { } exact
                ? exact.Bound / features.Rows
                : LagrangianBound.Compute(head.Plan, features, centers, threads: Environment.ProcessorCount).Value / features.Rows
        );
}
