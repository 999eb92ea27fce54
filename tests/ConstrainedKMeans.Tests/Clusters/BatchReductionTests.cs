using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Clusters;

public class BatchReductionTests
{
    [Fact]
    public void Of_AnyRows_AddsEachClustersRowsInOrder() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 30], Gen.Int[1, 100], Gen.Int)
            .Sample(
                (d, K, rows, seed) =>
                {
                    var random = new SeededRandom(seed);
                    var x = Features.Modes(random, rows, d);
                    var labels = Enumerable.Range(0, rows).Select(_ => random.NextInt32(K)).ToArray();

                    var batch = BatchReduction.Of(x, d, labels, K);

                    Assert.Equal(labels.Distinct().Order(), batch.Clusters);
                    for (var i = 0; i < batch.Clusters.Length; i++)
                    {
                        var sum = new double[d];
                        var members = 0;
                        for (var row = 0; row < rows; row++)
                        {
                            if (labels[row] != batch.Clusters[i])
                                continue;
                            members++;
                            for (var j = 0; j < d; j++)
                                sum[j] += x[row * d + j];
                        }

                        Assert.Equal(members, batch.Members[i]);
                        Assert.Equal(sum, batch.Sum(i).ToArray());
                    }

                    Assert.Equal(Enumerable.Range(0, rows).OrderBy(row => labels[row]), batch.Rows); // a stable sort
                },
                iter: 200
            );

    [Fact]
    public void Of_WrongShape_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BatchReduction.Of(new float[5], 2, new int[2], 3));
}
