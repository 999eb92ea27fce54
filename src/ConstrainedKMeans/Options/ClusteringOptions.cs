using CoKe.Errors;

namespace CoKe.ConstrainedKMeans;

/// <summary>What one run clusters, and how. Immutable; <see cref="Validate"/> refuses what makes no sense.</summary>
public sealed record ClusteringOptions
{
    /// <summary>N: image ids run from 0 to N - 1.</summary>
    public required int ImageCount { get; init; }

    /// <summary>d: the length of an embedding.</summary>
    public required int Dimension { get; init; }

    /// <summary>B: the nominal rows of a mini-batch. A shorter batch moves the duals by its own rows only.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Large views per image whose unit vectors are averaged into one embedding (eqn 17).</summary>
    public int Views { get; init; } = 1;

    /// <summary>The k-means problems that share the embeddings; at least one.</summary>
    public required IReadOnlyList<HeadOptions> Heads { get; init; }

    /// <summary>T': epochs above this one assign to frozen averaged centers and keep soft labels (section 3.4). Null: never.</summary>
    public int? StageTwoAfterEpoch { get; init; }

    /// <summary>Labels that one soft label holds at most.</summary>
    public int SoftLabelSlots { get; init; } = 5;

    /// <summary>lambda': the temperature that sharpens a soft label (B.2.2).</summary>
    public double LabelSharpening { get; init; } = 0.5;

    /// <summary>Seed of the random initial centers.</summary>
    public int Seed { get; init; }

    /// <summary>Refuses options that make no sense.</summary>
    /// <exception cref="InvalidOptionsException">Names the first field that is wrong, its value and the remedy.</exception>
    public void Validate() => OptionsValidation.Validate(this);

    /// <summary>
    /// What is allowed but will probably miss the minimum sizes or spoil the clusters, one sentence each with field, value and remedy;
    /// empty when all is well. docs/algorithm.md tells what each means.
    /// </summary>
    /// <exception cref="InvalidOptionsException">The options make no sense.</exception>
    public IReadOnlyList<string> Warnings()
    {
        Validate();
        return [.. RateWarnings.Of(this), .. SizeWarnings.Of(this)];
    }

    /// <summary>The canonical text: options of equal content give equal text.</summary>
    public string ToJson() => OptionsJson.Write(this);

    /// <summary>Reads what <see cref="ToJson"/> wrote. Does not call <see cref="Validate"/>.</summary>
    /// <exception cref="InvalidOptionsException">The text is no JSON, or has missing, unknown or mistyped fields.</exception>
    public static ClusteringOptions FromJson(string json) => OptionsJson.Read(json);
}
