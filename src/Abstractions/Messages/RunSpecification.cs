using System.Text.RegularExpressions;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Abstractions;

/// <summary>A run as it was asked for. Validated once, by the run that owns it, before anything starts.</summary>
/// <param name="Name">1 to 64 letters, digits, '.', '_' or '-'.</param>
/// <param name="Clustering">The problem: images, dimension, heads and their options.</param>
/// <param name="Trainers">W: how many ranks feed the run; a step is complete when every rank's part is there.</param>
/// <param name="InitialCenters">One K x d block of unit rows per head, or null: random unit centers from the seed.</param>
[GenerateSerializer, Immutable]
public sealed partial record RunSpecification(
    string Name,
    ClusteringOptions Clustering,
    int Trainers = 1,
    IReadOnlyList<FloatValues>? InitialCenters = null
)
{
    // A message carries them all, and a connection gives up at 100 MiB.
    const long MostInitialCenterBytes = 64 << 20;

    /// <summary>The same without the initial centers, which only the start of a run needs and which may be large.</summary>
    public RunSpecification WithoutInitialCenters() => this with { InitialCenters = null };

    /// <summary>Checks name, trainers, initial centers and the clustering options.</summary>
    /// <exception cref="InvalidOptionsException">Names the field, its value and what is allowed.</exception>
    public void Validate()
    {
        if (!IsName(Name))
            throw new InvalidOptionsException(
                "name",
                Name ?? "",
                $"A run cannot be called '{Name}': use 1 to 64 letters, digits, '.', '_' or '-'."
            );
        if (Trainers is < 1 or > 4096)
            throw new InvalidOptionsException("trainers", $"{Trainers}", "A run needs 1 to 4096 trainers.");
        Clustering.Validate();
        if (InitialCenters is null)
            return;
        if (InitialCenters.Count != Clustering.Heads.Count)
            throw new InvalidOptionsException(
                "initialCenters",
                $"{InitialCenters.Count} heads",
                $"Give centers for all {Clustering.Heads.Count} heads, or none."
            );
        if (InitialCenters.Sum(centers => (long)sizeof(float) * centers.Length) is var bytes and > MostInitialCenterBytes)
            throw new InvalidOptionsException(
                "initialCenters",
                $"{bytes} bytes",
                $"Initial centers of {bytes} bytes exceed the {MostInitialCenterBytes} bytes that a run takes: "
                    + "leave them out to start from random ones."
            );
        for (var h = 0; h < InitialCenters.Count; h++)
        {
            int K = Clustering.Heads[h].ClusterCount,
                d = Clustering.Dimension;
            if (InitialCenters[h].Length != K * d)
                throw new InvalidOptionsException($"initialCenters[{h}]", $"{InitialCenters[h].Length} values", $"Give {K} x {d} values.");
            EmbeddingCheck.Validate(InitialCenters[h].Span, K, d, views: 1);
        }
    }

    /// <summary>Whether a run can have that name.</summary>
    public static bool IsName(string? text) => text is not null && NamePattern().IsMatch(text);

    /// <summary>True when the other specification asks for the same run, initial centers included.</summary>
    public bool IsSameAs(RunSpecification other) =>
        Name == other.Name
        && Trainers == other.Trainers
        && Clustering.ToJson() == other.Clustering.ToJson()
        && (InitialCenters?.Count ?? -1) == (other.InitialCenters?.Count ?? -1)
        && (InitialCenters is null || InitialCenters.Zip(other.InitialCenters!).All(p => p.First.Span.SequenceEqual(p.Second.Span)));

    /// <inheritdoc/>
    public override string ToString() =>
        $"run '{Name}': {Clustering.ImageCount} images of dimension {Clustering.Dimension}, "
        + $"clusters {string.Join(" + ", Clustering.Heads.Select(head => head.ClusterCount))}, {Trainers} trainers";

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex NamePattern();
}
