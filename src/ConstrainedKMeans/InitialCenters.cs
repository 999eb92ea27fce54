using System.Globalization;
using CoKe.Errors;

namespace CoKe.ConstrainedKMeans;

/// <summary>Checks initial centers that a user gives instead of random ones.</summary>
public static class InitialCenters
{
    /// <summary>Refuses centers that are not K x d finite unit rows for every head.</summary>
    /// <exception cref="InvalidOptionsException">Names the head and what is wrong with it.</exception>
    public static void Validate(ClusteringOptions options, IReadOnlyList<float[]> initialCenters)
    {
        if (initialCenters.Count != options.Heads.Count)
        {
            throw Refuse(
                "initialCenters",
                initialCenters.Count,
                $"Initial centers are given for {initialCenters.Count} heads: the run has {options.Heads.Count}."
            );
        }

        for (var h = 0; h < initialCenters.Count; h++)
        {
            var K = options.Heads[h].ClusterCount;
            if (initialCenters[h].Length != (long)K * options.Dimension)
            {
                throw Refuse(
                    $"initialCenters[{h}]",
                    initialCenters[h].Length,
                    $"Initial centers of head {h} have {initialCenters[h].Length} values: give {K} rows of {options.Dimension}."
                );
            }

            try
            {
                EmbeddingCheck.Validate(initialCenters[h], K, options.Dimension, views: 1);
            }
            catch (InvalidEmbeddingsException e)
            {
                throw new InvalidOptionsException($"initialCenters[{h}]", e.Value, $"Initial centers of head {h}: {e.Message}", e);
            }
        }
    }

    static InvalidOptionsException Refuse(string field, int value, string message) =>
        new(field, value.ToString(CultureInfo.InvariantCulture), message);
}
