namespace CoKe.ConstrainedKMeans;

/// <summary>
/// How many images have each pair of labels, one of two labelings each: the pairs that occur, ascending by the first, then by the second.
/// Parts of the images are counted apart and added up. Labels count from 0.
/// </summary>
public sealed class JointCounts
{
    /// <summary>Images of one head that are counted at most, so that memory is bounded: 2^21. Of more images every s-th id is.</summary>
    public const int MostImages = 1 << 21;

    readonly long[] _pairs; // first label above 32 bits of the second
    readonly int[] _counts;

    JointCounts(long[] pairs, int[] counts) => (_pairs, _counts) = (pairs, counts);

    /// <summary>Pairs that occur.</summary>
    public int Length => _pairs.Length;

    /// <summary>Images in all.</summary>
    public long Total
    {
        get
        {
            var total = 0L;
            foreach (var n in _counts)
                total += n;
            return total;
        }
    }

    /// <summary>s: of a run with so many images those are counted whose id is a multiple of it. 1: all of them.</summary>
    public static int StrideOf(int imageCount) => (int)(((long)imageCount + MostImages - 1) / MostImages);

    /// <summary>Counts pairs.</summary>
    /// <param name="first">One label per image.</param>
    /// <param name="second">One label per image, in the same order.</param>
    public static JointCounts Of(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(first.Length, second.Length);
        var pairs = new long[first.Length];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = Pair(first[i], second[i]);
        var ones = new int[pairs.Length];
        Array.Fill(ones, 1);
        return Sum(pairs, ones);
    }

    /// <summary>Counts that were told apart by <see cref="CopyTo"/>, of any parts of the images, added up.</summary>
    /// <param name="first">The first label of each pair; pairs may repeat.</param>
    /// <param name="second">The second label of each.</param>
    /// <param name="counts">Images of each.</param>
    public static JointCounts OfCounts(ReadOnlySpan<int> first, ReadOnlySpan<int> second, ReadOnlySpan<int> counts)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(first.Length, counts.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(second.Length, counts.Length);
        var pairs = new long[counts.Length];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = Pair(first[i], second[i]);
        return Sum(pairs, counts.ToArray());
    }

    /// <summary>The pairs and how often they occur, <see cref="Length"/> values each.</summary>
    public void CopyTo(Span<int> first, Span<int> second, Span<int> counts)
    {
        for (var i = 0; i < _pairs.Length; i++)
            (first[i], second[i], counts[i]) = (First(_pairs[i]), Second(_pairs[i]), _counts[i]);
    }

    /// <summary>
    /// Normalized mutual information of the two labelings: 0, as good as independent, to 1, equal but for the names. Mutual information
    /// over the arithmetic mean of both entropies, as scikit-learn's <c>normalized_mutual_info_score</c>; 1 where both have one label only.
    /// The same images give the same bits, however they were counted.
    /// </summary>
    /// <returns>Null: there are no images.</returns>
    public double? NormalizedMutualInformation()
    {
        if (_pairs.Length == 0)
            return null;
        long[] first = new long[First(_pairs[^1]) + 1],
            second = new long[LargestSecond() + 1];
        var total = 0L;
        for (var i = 0; i < _pairs.Length; i++)
        {
            first[First(_pairs[i])] += _counts[i];
            second[Second(_pairs[i])] += _counts[i];
            total += _counts[i];
        }

        var entropies = Entropy(first, total) + Entropy(second, total);
        if (entropies == 0)
            return 1;
        var information = 0.0;
        for (var i = 0; i < _pairs.Length; i++)
        {
            var n = (double)_counts[i];
            information += n / total * Math.Log(n * total / ((double)first[First(_pairs[i])] * second[Second(_pairs[i])]));
        }

        return Math.Clamp(2 * information / entropies, 0, 1);
    }

    static double Entropy(long[] sizes, long total)
    {
        var sum = 0.0;
        foreach (var n in sizes)
            if (n > 0)
                sum -= (double)n / total * Math.Log((double)n / total);
        return sum;
    }

    // Sorts both arrays, and leaves every pair once.
    static JointCounts Sum(long[] pairs, int[] counts)
    {
        Array.Sort(pairs, counts);
        var last = -1;
        for (var i = 0; i < pairs.Length; i++)
        {
            if (last >= 0 && pairs[last] == pairs[i])
                counts[last] += counts[i];
            else
                (pairs[++last], counts[last]) = (pairs[i], counts[i]);
        }

        return new JointCounts(pairs[..(last + 1)], counts[..(last + 1)]);
    }

    int LargestSecond()
    {
        var largest = 0;
        foreach (var pair in _pairs)
            largest = Math.Max(largest, Second(pair));
        return largest;
    }

    static long Pair(int first, int second) => ((long)first << 32) | (uint)second;

    static int First(long pair) => (int)(pair >> 32);

    static int Second(long pair) => (int)pair;
}
