namespace CoKe.Learning.Evaluation;

/// <summary>How well two labelings of the same images agree, whatever the names of their labels. Labels count from 0.</summary>
public sealed class Agreement
{
    readonly long[,] _table;
    readonly long[] _firstSizes,
        _secondSizes;
    readonly long _total;

    /// <summary>Counts the pairs of labels.</summary>
    /// <param name="first">One label per image.</param>
    /// <param name="second">One label per image, in the same order.</param>
    /// <exception cref="ArgumentException">Different lengths.</exception>
    public Agreement(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        if (first.Length != second.Length)
            throw new ArgumentException(
                $"{first.Length} and {second.Length} labels cannot be compared; give one of each per image.",
                nameof(second)
            );
        var (rows, columns) = (1, 1);
        for (var i = 0; i < first.Length; i++)
            (rows, columns) = (Math.Max(rows, first[i] + 1), Math.Max(columns, second[i] + 1));
        (_table, _firstSizes, _secondSizes, _total) = (new long[rows, columns], new long[rows], new long[columns], first.Length);
        for (var i = 0; i < first.Length; i++)
        {
            _table[first[i], second[i]]++;
            _firstSizes[first[i]]++;
            _secondSizes[second[i]]++;
        }
    }

    /// <summary>Normalized mutual information of two labelings of images of which some have no label (-1) in one of them.</summary>
    /// <returns>Null: no image has both.</returns>
    public static double? OfKnown(int[] first, int[] second)
    {
        (int First, int Second)[] known = [.. first.Zip(second).Where(pair => pair is { First: >= 0, Second: >= 0 })];
        return known.Length == 0
            ? null
            : new Agreement(
                Array.ConvertAll(known, pair => pair.First),
                Array.ConvertAll(known, pair => pair.Second)
            ).NormalizedMutualInformation();
    }

    /// <summary>Clustering accuracy: the share of images whose labels agree under the best one-to-one naming.</summary>
    public double Accuracy()
    {
        var n = Math.Max(_firstSizes.Length, _secondSizes.Length);
        var square = new long[n, n];
        for (var i = 0; i < _firstSizes.Length; i++)
            for (var j = 0; j < _secondSizes.Length; j++)
                square[i, j] = _table[i, j];
        var columnOf = Matching.Best(square);
        return (double)Enumerable.Range(0, n).Sum(i => square[i, columnOf[i]]) / _total;
    }

    /// <summary>Mutual information over the arithmetic mean of both entropies: 0 (independent) to 1 (equal).</summary>
    public double NormalizedMutualInformation()
    {
        var (entropy, information) = (Entropy(_firstSizes) + Entropy(_secondSizes), 0.0);
        if (entropy == 0)
            return 1; // both put everything into one cluster
        for (var i = 0; i < _firstSizes.Length; i++)
            for (var j = 0; j < _secondSizes.Length; j++)
                if (_table[i, j] is > 0 and var pairs)
                    information += (double)pairs / _total * Math.Log((double)pairs * _total / ((double)_firstSizes[i] * _secondSizes[j]));
        return Math.Max(0, 2 * information / entropy);
    }

    /// <summary>The Rand index adjusted for chance (Hubert and Arabie 1985): 0 by chance, 1 when equal.</summary>
    public double AdjustedRandIndex()
    {
        static double Pairs(long n) => n * (n - 1) / 2.0;
        var both = _table.Cast<long>().Sum(Pairs);
        var (first, second) = (_firstSizes.Sum(Pairs), _secondSizes.Sum(Pairs));
        var expected = _total < 2 ? 0 : first * second / Pairs(_total);
        var largest = (first + second) / 2;
        return largest == expected ? 1 : (both - expected) / (largest - expected);
    }

    double Entropy(long[] sizes) => -sizes.Where(n => n > 0).Sum(n => (double)n / _total * Math.Log((double)n / _total));
}
