namespace CoKe.Grains.Protocol;

/// <summary>Much work, a bounded part of it at once.</summary>
static class AtOnce
{
    /// <summary>Does everything, the next as soon as one is done. Used inside one grain, whose turns keep it to one thread.</summary>
    /// <param name="most">So many are under way at once: 1 or more.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="work">Does the one of a number, 0 to <paramref name="count"/> - 1.</param>
    /// <returns>What each came to. A failure is thrown when nothing is under way any more; nothing new is begun after it.</returns>
    public static async Task<T[]> RunAsync<T>(int most, int count, Func<int, Task<T>> work)
    {
        var results = new T[count];
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(most, count)).Select(_ => GoOn()));
        return results;

        async Task GoOn()
        {
            try
            {
                while (next < count)
                {
                    var one = next++;
                    results[one] = await work(one);
                }
            }
            catch
            {
                next = count;
                throw;
            }
        }
    }
}
