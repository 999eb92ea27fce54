namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The plane of largest variance through a set of points (principal component analysis), for a picture of many centers. Computed by
/// subspace iteration, which needs no d x d matrix. Deterministic: the same points give the same picture.
/// </summary>
public static class PrincipalPlane
{
    /// <summary>Points that determine the plane; of more, every so many-th does, and all are projected.</summary>
    public const int MostForPlane = 4096;

    const int Axes = 2;

    // How much the third variance is below the second decides how fast it settles; a picture does not need more.
    const int MostIterations = 200;
    const double Settled = 1e-13; // half the square of an angle

    /// <summary>Projects points to their plane.</summary>
    /// <param name="points">n x d, row-major.</param>
    /// <param name="dimension">d, at least 1.</param>
    /// <returns>n x 2, centered: along the axis of largest variance, and along the next.</returns>
    /// <exception cref="ArgumentException">The points are no whole rows.</exception>
    public static float[] Project(ReadOnlySpan<float> points, int dimension)
    {
        var d = dimension;
        if (d < 1 || points.Length % d != 0)
            throw new ArgumentException($"{points.Length} numbers are no rows of {d}: give n x d.", nameof(points));
        var n = points.Length / d;
        if (n == 0)
            return [];
        var stride = ((n - 1) / MostForPlane) + 1;
        var mean = Mean(points, d, stride);
        var axes = FindAxes(points, d, stride, mean);
        var plane = new float[n * Axes];
        for (var i = 0; i < n; i++)
        {
            var point = points.Slice(i * d, d);
            for (var a = 0; a < Axes; a++)
                plane[(i * Axes) + a] = (float)Along(point, mean, axes[a]);
        }

        return plane;
    }

    static double[] Mean(ReadOnlySpan<float> points, int d, int stride)
    {
        var mean = new double[d];
        var count = 0;
        for (var at = 0; at < points.Length; at += stride * d, count++)
        {
            for (var j = 0; j < d; j++)
                mean[j] += points[at + j];
        }

        for (var j = 0; j < d; j++)
            mean[j] /= count;
        return mean;
    }

    static double[][] FindAxes(ReadOnlySpan<float> points, int d, int stride, double[] mean)
    {
        // Any start will do that is not orthogonal to an axis.
        var random = new SeededRandom(1);
        double[][] axes = [Start(random, d), Start(random, d)];
        Orthonormalize(axes);
        for (var iteration = 0; iteration < MostIterations; iteration++)
        {
            double[][] next = [new double[d], new double[d]];
            for (var at = 0; at < points.Length; at += stride * d)
            {
                var point = points.Slice(at, d);
                for (var a = 0; a < Axes; a++)
                {
                    var weight = Along(point, mean, axes[a]);
                    for (var j = 0; j < d; j++)
                        next[a][j] += weight * (point[j] - mean[j]);
                }
            }

            Orthonormalize(next);
            var turned = Math.Max(Turned(axes[0], next[0]), Turned(axes[1], next[1]));
            axes = next;
            if (turned < Settled)
                break;
        }

        Align(points, d, stride, mean, axes);
        foreach (var axis in axes)
            Orient(axis);
        return axes;
    }

    /// <summary>Turns both axes within their plane, so that the first has the larger variance and the two do not vary together: the plane
    /// settles long before they do by themselves where both variances are alike.</summary>
    static void Align(ReadOnlySpan<float> points, int d, int stride, double[] mean, double[][] axes)
    {
        var (first, both, second) = (0.0, 0.0, 0.0);
        for (var at = 0; at < points.Length; at += stride * d)
        {
            var point = points.Slice(at, d);
            var (x, y) = (Along(point, mean, axes[0]), Along(point, mean, axes[1]));
            (first, both, second) = (first + (x * x), both + (x * y), second + (y * y));
        }

        var angle = 0.5 * Math.Atan2(2 * both, first - second);
        var (cos, sin) = (Math.Cos(angle), Math.Sin(angle));
        for (var j = 0; j < d; j++)
            (axes[0][j], axes[1][j]) = ((cos * axes[0][j]) + (sin * axes[1][j]), (cos * axes[1][j]) - (sin * axes[0][j]));
    }

    static double[] Start(SeededRandom random, int d)
    {
        var axis = new double[d];
        for (var j = 0; j < d; j++)
            axis[j] = random.NextNormal();
        return axis;
    }

    // Gram-Schmidt. Where no variance is left an axis is zero, and the picture flat.
    static void Orthonormalize(double[][] axes)
    {
        Normalize(axes[0], 0);
        var before = Length(axes[1]);
        var common = Dot(axes[0], axes[1]);
        for (var j = 0; j < axes[1].Length; j++)
            axes[1][j] -= common * axes[0][j];
        Normalize(axes[1], 1e-9 * before);
    }

    static void Normalize(double[] axis, double least)
    {
        var length = Length(axis);
        for (var j = 0; j < axis.Length; j++)
            axis[j] = length > least ? axis[j] / length : 0;
    }

    // An axis has no direction of its own; its largest entry is made positive, so that pictures of two epochs do not turn over.
    static void Orient(double[] axis)
    {
        var largest = 0;
        for (var j = 1; j < axis.Length; j++)
            if (Math.Abs(axis[j]) > Math.Abs(axis[largest]))
                largest = j;
        if (axis[largest] >= 0)
            return;
        for (var j = 0; j < axis.Length; j++)
            axis[j] = -axis[j];
    }

    static double Turned(double[] before, double[] after) => 1 - Math.Abs(Dot(before, after));

    static double Along(ReadOnlySpan<float> point, double[] mean, double[] axis)
    {
        var sum = 0.0;
        for (var j = 0; j < axis.Length; j++)
            sum += (point[j] - mean[j]) * axis[j];
        return sum;
    }

    static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var j = 0; j < a.Length; j++)
            sum += a[j] * b[j];
        return sum;
    }

    static double Length(double[] axis) => Math.Sqrt(Dot(axis, axis));
}
