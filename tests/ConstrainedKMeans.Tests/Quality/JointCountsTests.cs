using CsCheck;

namespace CoKe.ConstrainedKMeans.Tests.Quality;

public sealed class JointCountsTests
{
    // scikit-learn 1.2.1: python3 -c "from sklearn.metrics import normalized_mutual_info_score as n;
    //   print(n([0]*3+[1]*3+[2]*4, [0,0,1,1,1,1,2,2,0,2]));
    //   print(n([3]*7+[1]*5+[4]*8, [0]*3+[2]*8+[1]*6+[3]*3));
    //   print(n([0]*5, [2]*5), n([0]*4, [0,1,0,1]), n([0,0,1,1], [0,1,0,1]), n([0,1,2,3], [3,2,1,0]))"
    public static TheoryData<int[], int[], double> Golden =>
        new()
        {
            { [0, 0, 0, 1, 1, 1, 2, 2, 2, 2], [0, 0, 1, 1, 1, 1, 2, 2, 0, 2], 0.6180656462921542 },
            {
                [.. Many(3, 7), .. Many(1, 5), .. Many(4, 8)],
                [.. Many(0, 3), .. Many(2, 8), .. Many(1, 6), .. Many(3, 3)],
                0.562049574284011
            },
            { [0, 0, 0, 0, 0], [2, 2, 2, 2, 2], 1 },
            { [0, 0, 0, 0], [0, 1, 0, 1], 0 },
            { [0, 0, 1, 1], [0, 1, 0, 1], 0 },
            { [0, 1, 2, 3], [3, 2, 1, 0], 1 },
        };

    [Theory]
    [MemberData(nameof(Golden))]
    public void NormalizedMutualInformation_OfScikitLearnsExamples_IsTheSame(int[] first, int[] second, double expected) =>
        Assert.Equal(expected, JointCounts.Of(first, second).NormalizedMutualInformation()!.Value, 1e-14);

    [Fact]
    public void NormalizedMutualInformation_WithoutImages_IsNotKnown() => Assert.Null(JointCounts.Of([], []).NormalizedMutualInformation());

    [Fact]
    public void OfCounts_PartsOfTheImagesInAnyOrder_GivesTheSameBitsAsAllAtOnce() =>
        Gen.Select(Gen.Int[0, 80], Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 4], Gen.Int)
            .Sample(
                (n, first, second, parts, seed) =>
                {
                    var random = new SeededRandom(seed);
                    int[] a = [.. Enumerable.Range(0, n).Select(_ => random.NextInt32(first))],
                        b = [.. Enumerable.Range(0, n).Select(_ => random.NextInt32(second))],
                        part = [.. Enumerable.Range(0, n).Select(_ => random.NextInt32(parts))];
                    var (before, now, counts) = (new List<int>(), new List<int>(), new List<int>());
                    foreach (var p in random.Permutation(parts))
                    {
                        var rows = Enumerable.Range(0, n).Where(i => part[i] == p).ToArray();
                        var told = JointCounts.Of([.. rows.Select(i => a[i])], [.. rows.Select(i => b[i])]);
                        int[] x = new int[told.Length],
                            y = new int[told.Length],
                            z = new int[told.Length];
                        told.CopyTo(x, y, z);
                        before.AddRange(x);
                        now.AddRange(y);
                        counts.AddRange(z);
                    }

                    var (merged, whole) = (JointCounts.OfCounts([.. before], [.. now], [.. counts]), JointCounts.Of(a, b));
                    Assert.Equal((n, whole.Length), (merged.Total, merged.Length));
                    Assert.Equal(a.Zip(b).Distinct().Count(), merged.Length);
                    Assert.Equal(whole.NormalizedMutualInformation(), merged.NormalizedMutualInformation());
                }
            );

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2_097_152, 1)]
    [InlineData(2_097_153, 2)]
    [InlineData(int.MaxValue, 1_024)]
    public void StrideOf_AnyRun_CountsNoMoreThanItsBound(int images, int stride)
    {
        Assert.Equal(stride, JointCounts.StrideOf(images));
        Assert.True((images - 1L) / stride < JointCounts.MostImages);
    }

    static IEnumerable<int> Many(int label, int count) => Enumerable.Repeat(label, count);
}
