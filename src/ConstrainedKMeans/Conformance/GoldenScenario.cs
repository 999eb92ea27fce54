namespace CoKe.ConstrainedKMeans.Conformance;

/// <summary>One case of a golden file: what to feed, and what must come out.</summary>
public sealed record GoldenScenario
{
    /// <summary>The case's name in its file.</summary>
    public required string Name { get; init; }

    /// <summary>The options of the run; validated.</summary>
    public required ClusteringOptions Options { get; init; }

    /// <summary>K x d unit rows per head, row-major.</summary>
    public required IReadOnlyList<float[]> InitialCenters { get; init; }

    /// <summary>The epochs in order, from 0.</summary>
    public required IReadOnlyList<GoldenEpoch> Epochs { get; init; }
}

/// <summary>The mini-batches of one epoch, and what is expected after its end where the file says so.</summary>
public sealed record GoldenEpoch
{
    /// <summary>The mini-batches in order.</summary>
    public required IReadOnlyList<GoldenBatch> Batches { get; init; }

    /// <summary>Per head the frozen centers after the epoch's end, K x d, row-major; null where the file does not say.</summary>
    public IReadOnlyList<double[]>? FrozenCenters { get; init; }

    /// <summary>[head][image]: the soft label after the epoch's end, sorted by label; null where the file does not say.</summary>
    public IReadOnlyList<IReadOnlyList<WeightedLabel[]>>? SoftLabels { get; init; }

    /// <summary>[head][image]: the same, sharpened.</summary>
    public IReadOnlyList<IReadOnlyList<WeightedLabel[]>>? SharpenedLabels { get; init; }
}

/// <summary>One mini-batch.</summary>
public sealed record GoldenBatch
{
    /// <summary>The image of each row.</summary>
    public required int[] ImageIds { get; init; }

    /// <summary>Rows x d, row-major; the mean over the views.</summary>
    public required float[] Embeddings { get; init; }

    /// <summary>Per head what is expected after the mini-batch.</summary>
    public required IReadOnlyList<GoldenState> Heads { get; init; }
}

/// <summary>One head after a mini-batch.</summary>
public sealed record GoldenState
{
    /// <summary>The label of each row.</summary>
    public required int[] Labels { get; init; }

    /// <summary>rho, K values.</summary>
    public required double[] Duals { get; init; }

    /// <summary>Members in the epoch so far, K values.</summary>
    public required long[] Counts { get; init; }

    /// <summary>The sum of |c| over all elements of the current centers.</summary>
    public required double CentersSumAbs { get; init; }
}
