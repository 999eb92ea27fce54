namespace CoKe.ConstrainedKMeans;

/// <summary>Labels that keep to size bounds, and how far they can be from the best ones: see <see cref="ExactSizes"/>.</summary>
public sealed record SizedAssignment
{
    /// <summary>The cluster of each row.</summary>
    public required int[] Labels { get; init; }

    /// <summary>n_k, K values; every one within its bounds.</summary>
    public required int[] Sizes { get; init; }

    /// <summary>
    /// The price of cluster k's bounds, K values: positive where the minimum holds rows that would rather be elsewhere, negative where the
    /// maximum keeps rows out, 0 where neither matters.
    /// </summary>
    public required double[] Prices { get; init; }

    /// <summary>Sum of x . c over the rows.</summary>
    public required double SimilaritySum { get; init; }

    /// <summary>
    /// The certificate: no assignment within the bounds has a higher sum. It is the Lagrangian of eqn 6 at <see cref="Prices"/>, from one
    /// pass over all rows.
    /// </summary>
    public required double Bound { get; init; }

    /// <summary>Rows whose label is not the most similar center's.</summary>
    public required int MovedRows { get; init; }

    /// <summary>Whether the search ended by complementary slackness: then the labels are the best there are.</summary>
    public required bool IsOptimal { get; init; }

    /// <summary>Passes over all rows that search and repair took, those over samples counted in proportion.</summary>
    public required int Passes { get; init; }

    /// <summary>Mean of x . c over the rows.</summary>
    public double MeanSimilarity => SimilaritySum / Labels.Length;

    /// <summary>How far the labels are below the bound at most, as a share of it; 0 where they are proved the best. At least 0.</summary>
    public double Gap => IsOptimal || Bound <= SimilaritySum ? 0 : (Bound - SimilaritySum) / Math.Max(Math.Abs(Bound), double.Epsilon);
}
