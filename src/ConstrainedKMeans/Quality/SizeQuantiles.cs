namespace CoKe.ConstrainedKMeans;

/// <summary>How the sizes of a head's clusters are spread: so many members has the cluster below which that share of the clusters is, with
/// linear interpolation between two, as NumPy's <c>quantile</c>.</summary>
/// <param name="P5">Of 5 % of the clusters.</param>
/// <param name="P25">Of a quarter.</param>
/// <param name="P50">The median.</param>
/// <param name="P75">Of three quarters.</param>
/// <param name="P95">Of 95 %.</param>
public readonly record struct SizeQuantiles(double P5, double P25, double P50, double P75, double P95)
{
    /// <summary>Of these sizes.</summary>
    /// <param name="counts">n_k, K values, at least one.</param>
    public static SizeQuantiles Of(ReadOnlySpan<long> counts)
    {
        var sizes = counts.ToArray();
        Array.Sort(sizes);
        return new(At(sizes, 0.05), At(sizes, 0.25), At(sizes, 0.5), At(sizes, 0.75), At(sizes, 0.95));
    }

    static double At(long[] sizes, double share)
    {
        var place = share * (sizes.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sizes.Length - 1);
        return sizes[below] + ((place - below) * (sizes[above] - sizes[below]));
    }
}
