using CoKe.Client.Clustering;
using CoKe.Client.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Report;

/// <summary>
/// How far the labels of a head are from the best assignment to the same final centers that meets the minimum sizes (eqn 6). Offline,
/// because it needs every similarity.
/// </summary>
/// <param name="Achieved">Mean similarity of the labels.</param>
/// <param name="Limit">No assignment that meets the sizes has a higher one: the Lagrangian bound, per image.</param>
sealed record CertifiedRegret(double Achieved, double Limit)
{
    /// <summary>An upper bound of the regret per image; below 0 the labels bought similarity by violating the constraint.</summary>
    public double PerImage => ClusterQuality.Regret(Limit, Achieved);

    /// <summary>Certifies one head.</summary>
    public static CertifiedRegret Of(FeatureMatrix features, ClusteringOptions clustering, FeatureClusteringResult result, int head)
    {
        var bound = LagrangianBound.Compute(
            new HeadPlan(clustering, head), features.Values, features.Rows, result.Centers[head], threads: Environment.ProcessorCount);
        return new CertifiedRegret(result.MeanSimilarity[head], bound.Value / features.Rows);
    }
}
