using System.Buffers;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Eqn 11: the duals of one head are kept within a sum of tau by taking one threshold theta from each and clamping at zero.
/// </summary>
public static class DualProjection
{
    /// <summary>
    /// theta such that max(0, rho_k - theta) is the projection of this step's duals on ||rho||_1 &lt;= tau; 0 when they already sum to
    /// less, or without tau.
    /// </summary>
    /// <param name="plan">The head's constants.</param>
    /// <param name="duals">All K duals before the step.</param>
    /// <param name="rowClock">Rows of the whole run before the step.</param>
    /// <param name="labels">The cluster of each row of the step.</param>
    public static double Threshold(HeadPlan plan, ReadOnlySpan<Dual> duals, long rowClock, ReadOnlySpan<int> labels)
    {
        if (plan.Options.DualNormLimit is not { } tau)
            return 0;
        ArgumentOutOfRangeException.ThrowIfNotEqual(duals.Length, plan.ClusterCount);
        var members = ArrayPool<int>.Shared.Rent(duals.Length);
        var buffer = ArrayPool<double>.Shared.Rent(duals.Length);
        try
        {
            members.AsSpan(0, duals.Length).Clear();
            foreach (var k in labels)
                members[k]++;
            var rho = buffer.AsSpan(0, duals.Length);
            for (var k = 0; k < rho.Length; k++)
                rho[k] = Math.Max(0, duals[k].After(plan, k, rowClock, labels.Length, members[k]));
            return Threshold(rho, tau);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(members);
            ArrayPool<double>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// theta of the projection of <paramref name="duals"/>, none negative, on a sum of at most <paramref name="tau"/>. Sorts them.
    /// </summary>
    internal static double Threshold(Span<double> duals, double tau)
    {
        var sum = 0.0;
        foreach (var rho in duals)
            sum += rho;
        if (sum <= tau)
            return 0;

        // The largest duals stay positive: theta is what they exceed tau by, shared among as many of them as stay above it.
        duals.Sort();
        double excess = -tau,
            theta = 0;
        for (var j = 1; j <= duals.Length; j++)
        {
            var u = duals[^j];
            excess += u;
            if (u * j > excess)
                theta = excess / j;
        }

        return theta;
    }
}
