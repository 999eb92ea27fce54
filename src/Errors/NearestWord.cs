namespace CoKe.Errors;

/// <summary>The word that was probably meant, where somebody gave one that nobody knows.</summary>
public static class NearestWord
{
    // What is longer than every word by this much is near to none, and comparing takes memory for every letter.
    const int LongestCompared = 200;

    /// <summary>The nearest word, if there is one so near that it was probably meant: a third of its letters may be wrong, and at least
    /// one.</summary>
    /// <param name="given">What was given.</param>
    /// <param name="known">The words that there are.</param>
    /// <returns>Null: none is near.</returns>
    public static string? Of(string given, IEnumerable<string> known)
    {
        var nearest = known.Select(word => (Word: word, Distance: Distance(word, given))).OrderBy(one => one.Distance).FirstOrDefault();
        return nearest.Word is { } found && nearest.Distance <= Math.Max(1, found.Length / 3) ? found : null;
    }

    /// <summary>Levenshtein's distance: letters to insert, delete or replace. Underscores for hyphens, and case, count for
    /// nothing.</summary>
    /// <param name="known">A word as it is written.</param>
    /// <param name="given">What was given.</param>
    public static int Distance(string known, string given)
    {
        var (a, b) = (Plain(known), Plain(given.Length > LongestCompared ? given[..LongestCompared] : given));
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }

    static string Plain(string word) => word.Replace('_', '-').ToLowerInvariant();
}
