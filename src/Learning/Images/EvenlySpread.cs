namespace CoKe.Learning.Images;

/// <summary>Some of many, in equal distances.</summary>
static class EvenlySpread
{
    /// <summary>At most <paramref name="count"/> of the numbers from 0 to <paramref name="total"/> - 1, ascending, the first among
    /// them.</summary>
    public static IEnumerable<int> Of(int count, int total) =>
        count >= total ? Enumerable.Range(0, total) : Enumerable.Range(0, count).Select(i => (int)((long)i * total / count));
}
