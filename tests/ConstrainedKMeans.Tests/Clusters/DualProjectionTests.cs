using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Clusters;

public class DualProjectionTests
{
    static readonly Gen<(double[] Duals, double Limit)> Cases = Gen.Select(Gen.Double[0, 2].Array[1, 60], Gen.Double[0.01, 20]);

    [Fact]
    public void Threshold_AnyDuals_GivesTheEuclideanProjection() =>
        Cases.Sample(
            (duals, tau) =>
            {
                var theta = DualProjection.Threshold([.. duals], tau);
                var projected = Array.ConvertAll(duals, rho => Math.Max(0, rho - theta));

                Assert.True(theta >= 0);
                Assert.True(projected.Sum() <= tau * (1 + 1e-12));
                if (duals.Sum() <= tau)
                    Assert.Equal(0, theta);
                else
                    Assert.Equal(tau, projected.Sum(), 1e-9); // what is taken off is no more than needed: the conditions of optimality
            }
        );

    [Fact]
    public void Threshold_OfProjectedDuals_IsZeroUpToRounding() =>
        Cases.Sample(
            (duals, tau) =>
            {
                var theta = DualProjection.Threshold([.. duals], tau);
                Assert.Equal(0, DualProjection.Threshold(Array.ConvertAll(duals, rho => Math.Max(0, rho - theta)), tau), 1e-12);
            }
        );

    [Fact]
    public void Threshold_OfAStep_CountsRowsAndMembers()
    {
        var plan = Plan(0.15);
        Dual[] duals = [new(0, 0), new(0, 0), new(0.05, 0)];

        // Each rises by (1/4) 4 (0.6/3) = 0.2; cluster 1 has 4 members: 0.2 - 1 is clamped. Then 0.2 + 0.25 - 2 theta = 0.15.
        Assert.Equal(0.15, DualProjection.Threshold(plan, duals, 0, [1, 1, 1, 1]), 1e-12);
    }

    [Fact]
    public void Threshold_WithoutLimit_IsZero() =>
        Assert.Equal(0, DualProjection.Threshold(Plan(null), [new(9, 0), new(9, 0), new(9, 0)], 0, [0, 0, 1, 2]));

    static HeadPlan Plan(double? tau) =>
        Problem.Plan(
            100,
            2,
            4,
            new HeadOptions
            {
                ClusterCount = 3,
                MinimumSizeRatio = 0.6,
                DualLearningRate = 1,
                DualNormLimit = tau,
            }
        );
}
