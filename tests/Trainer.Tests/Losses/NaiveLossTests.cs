using CoKe.ConstrainedKMeans;
using CoKe.Learning.Losses;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Losses;

/// <summary>The loss against sums written out in double precision, and its gradient against finite differences of those.</summary>
public sealed class NaiveLossTests
{
    const int Rows = 5,
        Dimension = 6;
    const double Temperature = 0.2,
        LabelWeight = 0.3;
    static readonly int[] ClusterCounts = [3, 7, 4];

    readonly double[][] _centers;
    readonly int[][] _labels;
    readonly SeededRandom _random = new(11);

    public NaiveLossTests()
    {
        _centers = [.. Enumerable.Range(0, ClusterCounts.Sum()).Select(_ => UnitVector())];
        _labels = [.. ClusterCounts.Select(k => Enumerable.Range(0, Rows).Select(_ => _random.NextInt32(k)).ToArray())];
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    public void Of_OneHead_EqualsTheNaiveSum(int views, int head) => AssertEqualsNaive(views, [head]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Of_SeveralHeads_EqualsTheNaiveSum(int views) => AssertEqualsNaive(views, [0, 1, 2]);

    [Fact]
    public void Of_TwoViewsWithLabelsOnly_EqualsOneViewOfAllRows()
    {
        using var scope = NewDisposeScope();
        var embeddings = Rectangular(Embeddings(2));
        using var ofBoth = new CokeLoss(
            new LossOptions
            {
                Temperature = Temperature,
                LabelWeight = 1,
                LargeViews = 2,
            }
        );
        using var ofOne = new CokeLoss(new LossOptions { Temperature = Temperature, LabelWeight = 1 });
        var both = ofBoth.Of(embeddings, null, Targets([0]));
        var stacked = ofOne.Of(embeddings, null, Targets([0]) with { Labels = [Targets([0]).Labels[0].Repeated(2)] });

        Assert.Equal(stacked.item<float>(), both.item<float>(), 1e-6f);
    }

    void AssertEqualsNaive(int views, int[] heads)
    {
        using var scope = NewDisposeScope();
        var x = Embeddings(views);
        var embeddings = Rectangular(x).requires_grad_(true);
        using var ofViews = new CokeLoss(
            new LossOptions
            {
                Temperature = Temperature,
                LabelWeight = LabelWeight,
                LargeViews = views,
            }
        );
        var loss = ofViews.Of(embeddings, null, Targets(heads));
        loss.backward();

        // Targets hold still while the embeddings move: p_other has no gradient.
        var targets = heads.Select(h => Targets(x, views, h)).ToArray();
        double Naive(double[][] at) => heads.Select((h, i) => CrossEntropy(at, h, targets[i])).Average();
        Assert.Equal(Naive(x), loss.item<float>(), 1e-5);
        const double step = 1e-5;
        for (var row = 0; row < x.Length; row++)
            for (var i = 0; i < Dimension; i++)
            {
                var (up, down) = (Moved(x, row, i, step), Moved(x, row, i, -step));
                Assert.Equal((Naive(up) - Naive(down)) / (2 * step), embeddings.grad![row, i].item<float>(), 1e-4);
            }
    }

    double[][] Targets(double[][] x, int views, int head)
    {
        var all = new double[x.Length][];
        for (var row = 0; row < x.Length; row++)
        {
            var target = new double[ClusterCounts[head]];
            if (views == 2)
            {
                var other = Probabilities(x[(row + Rows) % (2 * Rows)], head);
                for (var k = 0; k < target.Length; k++)
                    target[k] = (1 - LabelWeight) * other[k];
            }
            target[_labels[head][row % Rows]] += views == 2 ? LabelWeight : 1;
            all[row] = target;
        }
        return all;
    }

    double CrossEntropy(double[][] x, int head, double[][] targets) =>
        x.Select((row, i) => -Probabilities(row, head).Select((p, k) => targets[i][k] * Math.Log(p)).Sum()).Average();

    double[] Probabilities(double[] x, int head)
    {
        var first = ClusterCounts[..head].Sum();
        double[] exponentials =
        [
            .. Enumerable.Range(first, ClusterCounts[head]).Select(k => Math.Exp(x.Zip(_centers[k], (a, b) => a * b).Sum() / Temperature)),
        ];
        return [.. exponentials.Select(e => e / exponentials.Sum())];
    }

    static double[][] Moved(double[][] x, int row, int column, double by)
    {
        double[][] copy = [.. x.Select(r => r.ToArray())];
        copy[row][column] += by;
        return copy;
    }

    double[][] Embeddings(int views) => [.. Enumerable.Range(0, views * Rows).Select(_ => UnitVector())];

    double[] UnitVector()
    {
        double[] v = [.. Enumerable.Range(0, Dimension).Select(_ => _random.NextNormal())];
        var norm = Math.Sqrt(v.Sum(a => a * a));
        return [.. v.Select(a => a / norm)];
    }

    Tensor Centers(int[] heads) => Rectangular([.. heads.SelectMany(h => _centers.Skip(ClusterCounts[..h].Sum()).Take(ClusterCounts[h]))]);

    BatchTargets Targets(int[] heads) =>
        new(
            Centers(heads),
            [.. heads.Select(h => ClusterCounts[h])],
            [.. heads.Select(h => new PseudoLabels(tensor(_labels[h], ScalarType.Int64).unsqueeze(1)))]
        );

    static Tensor Rectangular(double[][] rows) =>
        tensor(rows.SelectMany(r => r).Select(v => (float)v).ToArray()).view(rows.Length, Dimension);
}
