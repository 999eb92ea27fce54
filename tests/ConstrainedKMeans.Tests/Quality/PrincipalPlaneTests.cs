using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Quality;

/// <summary>The plane of largest variance against what is known of it.</summary>
public sealed class PrincipalPlaneTests
{
    static readonly Gen<(int N, int D, int Seed)> _clouds = Gen.Select(Gen.Int[3, 60], Gen.Int[2, 12], Gen.Int[0, 1_000_000]);

    [Fact]
    public void Points_OfAPlane_KeepTheirDistances() =>
        _clouds.Sample(cloud =>
        {
            var (n, d, seed) = cloud;
            var random = new SeededRandom(seed, 1);
            var (first, second) = (Unit(random, d), Unit(random, d));
            var points = new float[n * d];
            for (var i = 0; i < n; i++)
            {
                var (a, b) = (3 * random.NextNormal(), random.NextNormal());
                for (var j = 0; j < d; j++)
                    points[(i * d) + j] = (float)(1 + (a * first[j]) + (b * second[j]));
            }

            var plane = PrincipalPlane.Project(points, d);
            for (var i = 1; i < n; i++)
                Assert.Equal(Distance(points, d, 0, i), Distance(plane, 2, 0, i), 1e-3 * (1 + Distance(points, d, 0, i)));
        });

    [Fact]
    public void TheFirstAxis_HasTheLargestVariance_ThatAnyDirectionHas() =>
        _clouds.Sample(cloud =>
        {
            var (n, d, seed) = cloud;
            var random = new SeededRandom(seed, 2);
            var points = new float[n * d];
            for (var i = 0; i < points.Length; i++)
                points[i] = (float)(random.NextNormal() * (1 + (i % d)));
            var plane = PrincipalPlane.Project(points, d);
            var along = Enumerable.Range(0, n).Sum(i => (double)plane[2 * i] * plane[2 * i]);
            var across = Enumerable.Range(0, n).Sum(i => (double)plane[(2 * i) + 1] * plane[(2 * i) + 1]);
            Assert.True(along >= across * (1 - 1e-6));
            for (var trial = 0; trial < 20; trial++)
                Assert.True(along >= VarianceAlong(points, d, Unit(random, d)) * (1 - 1e-3));
        });

    [Fact]
    public void PointsWithoutVariance_AreOnePlace()
    {
        Assert.Empty(PrincipalPlane.Project([], 3));
        Assert.Equal([0f, 0f], PrincipalPlane.Project([1, 2, 3], 3));
        Assert.All(PrincipalPlane.Project([1, 2, 1, 2, 1, 2], 2), place => Assert.Equal(0, place));
        var line = PrincipalPlane.Project([0, 0, 1, 1, 2, 2], 2);
        Assert.Equal([0f, 0f, 0f], [line[1], line[3], line[5]]);
    }

    [Fact]
    public void ManyPoints_AreAllProjected_AndNumbersThatAreNoRowsRefused()
    {
        var random = new SeededRandom(1);
        var points = new float[4 * (PrincipalPlane.MostForPlane + 5)];
        for (var i = 0; i < points.Length; i++)
            points[i] = (float)random.NextNormal();
        Assert.Equal(2 * (PrincipalPlane.MostForPlane + 5), PrincipalPlane.Project(points, 4).Length);
        Assert.Throws<ArgumentException>(() =>
        {
            PrincipalPlane.Project(points, 5);
        });
        Assert.Throws<ArgumentException>(() =>
        {
            PrincipalPlane.Project(points, 0);
        });
    }

    static double[] Unit(SeededRandom random, int d)
    {
        var axis = Enumerable.Range(0, d).Select(_ => random.NextNormal()).ToArray();
        var length = Math.Sqrt(axis.Sum(x => x * x));
        return [.. axis.Select(x => x / length)];
    }

    static double Distance(float[] rows, int d, int a, int b) =>
        Math.Sqrt(Enumerable.Range(0, d).Sum(j => Math.Pow((double)rows[(a * d) + j] - rows[(b * d) + j], 2)));

    static double VarianceAlong(float[] rows, int d, double[] axis)
    {
        var places = Enumerable
            .Range(0, rows.Length / d)
            .Select(i => Enumerable.Range(0, d).Sum(j => rows[(i * d) + j] * axis[j]))
            .ToArray();
        return places.Sum(place => Math.Pow(place - places.Average(), 2));
    }
}
