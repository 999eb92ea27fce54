using CoKe.Learning.Evaluation;
using CsCheck;

namespace CoKe.Trainer.Tests.Evaluation;

public sealed class MatchingTests
{
    [Fact]
    public void Best_SixBySix_EqualsScipy()
    {
        // scipy.optimize.linear_sum_assignment of the negated matrix: columns 0, 2, 5, 1, 3, 4 with a total of 204.
        long[,] gains =
        {
            { 35, 0, 7, 23, 28, 32 },
            { 21, 36, 35, 33, 3, 27 },
            { 33, 19, 27, 4, 19, 33 },
            { 30, 37, 9, 29, 17, 31 },
            { 2, 19, 18, 21, 3, 11 },
            { 47, 16, 12, 29, 43, 41 },
        };

        Assert.Equal([0, 2, 5, 1, 3, 4], Matching.Best(gains));
    }

    [Fact]
    public void Best_SmallMatrices_EqualsTryingEveryPermutation() =>
        Gen.Int[1, 6]
            .SelectMany(n => Gen.Long[0, 30].Array[n * n])
            .Sample(values =>
            {
                var n = (int)Math.Sqrt(values.Length);
                var gains = new long[n, n];
                for (var i = 0; i < values.Length; i++)
                    gains[i / n, i % n] = values[i];
                var columns = Matching.Best(gains);
                return columns.Order().SequenceEqual(Enumerable.Range(0, n))
                    && columns.Index().Sum(c => gains[c.Index, c.Item]) == BestByTrial(gains, 0, new bool[n]);
            });

    [Fact]
    public void Best_NotSquare_IsRefused() => Assert.Throws<ArgumentException>(() => Matching.Best(new long[2, 3]));

    static long BestByTrial(long[,] gains, int row, bool[] taken)
    {
        if (row == taken.Length)
            return 0;
        var best = long.MinValue;
        for (var column = 0; column < taken.Length; column++)
        {
            if (taken[column])
                continue;
            taken[column] = true;
            best = Math.Max(best, gains[row, column] + BestByTrial(gains, row + 1, taken));
            taken[column] = false;
        }
        return best;
    }
}
