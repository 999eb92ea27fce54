namespace CoKe.ConstrainedKMeans;

/// <summary>
/// Step 1 over several parts of a head's clusters: each part names its best cluster for every row, and the best of these is the best of
/// all, because a score depends on one row and one center only (eqn 10).
/// </summary>
public static class ScoreReduction
{
    /// <summary>Where another part is better, takes what it names: the higher score wins, of equal ones the lower cluster.</summary>
    /// <param name="scores">r: the best scores so far.</param>
    /// <param name="clusters">r: their clusters k.</param>
    /// <param name="similarities">r: their similarities.</param>
    /// <param name="otherScores">r: the other part's best scores.</param>
    /// <param name="otherClusters">r: their clusters k.</param>
    /// <param name="otherSimilarities">r: their similarities.</param>
    public static void Take(
        Span<float> scores,
        Span<int> clusters,
        Span<float> similarities,
        ReadOnlySpan<float> otherScores,
        ReadOnlySpan<int> otherClusters,
        ReadOnlySpan<float> otherSimilarities
    )
    {
        for (var row = 0; row < scores.Length; row++)
        {
            var (mine, other) = (scores[row], otherScores[row]);
            if (other < mine || (other == mine && otherClusters[row] > clusters[row]))
                continue;
            (scores[row], clusters[row], similarities[row]) = (other, otherClusters[row], otherSimilarities[row]);
        }
    }
}
