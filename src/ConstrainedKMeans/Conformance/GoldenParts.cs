using CoKe.Errors;

namespace CoKe.ConstrainedKMeans.Conformance;

/// <summary>What both layouts of golden files share: initial centers, options of a head, mini-batches.</summary>
static class GoldenParts
{
    /// <summary>C0: per head K rows of d.</summary>
    public static (IReadOnlyList<float[]> Centers, int Dimension) InitialCenters(GoldenNode inputs)
    {
        var heads = inputs["C0"];
        var first = First(First(heads));
        var d = first.List().Length;
        if (d == 0)
            throw first.Refuse($"{first.Path} is empty");
        return ([.. heads.List().Select(head => Floats(head.Matrix(head.List().Length, d)))], d);
    }

    /// <summary>The options of one of several heads. Every field but gamma may be absent.</summary>
    public static HeadOptions Head(GoldenNode settings, int head, int heads, int clusterCount) =>
        new()
        {
            ClusterCount = clusterCount,
            MinimumSizeRatio = settings["gamma"].Double(),
            DualLearningRate = settings.Find("eta")?.Double(),
            CenterRule = settings.Find("rule")?.Choice(("exact", CenterRule.Exact), ("rescaled", CenterRule.Rescaled)) ?? default,
            CenterSchedule = settings.Find("schedule")?.Choice(("batch", CenterSchedule.Batch), ("epoch", CenterSchedule.Epoch)) ?? default,
            DualClamp = settings.Find("clamp")?.Choice(("paper", DualClamp.Paper), ("code", DualClamp.Code)) ?? default,
            DualNormLimit = settings.Find("tau")?.Double(),
            MinimumSizes = settings.Find("minimum_sizes")?.List(heads)[head].Doubles(clusterCount),
        };

    /// <summary>
    /// The batches of one epoch: every <paramref name="batchSize"/> images of <paramref name="order"/> and the states that the file expects
    /// after them.
    /// </summary>
    /// <param name="options">The run.</param>
    /// <param name="order">The images of the epoch in order.</param>
    /// <param name="batchSize">Rows of a batch; the last may be shorter.</param>
    /// <param name="embeddings">N x d, row-major.</param>
    /// <param name="states">One node per batch, a list of one state per head.</param>
    public static IReadOnlyList<GoldenBatch> Batches(
        ClusteringOptions options,
        int[] order,
        int batchSize,
        float[] embeddings,
        ReadOnlySpan<GoldenNode> states
    )
    {
        int[] K = [.. options.Heads.Select(head => head.ClusterCount)];
        var batches = new GoldenBatch[states.Length];
        for (var i = 0; i < batches.Length; i++)
        {
            var ids = order[(i * batchSize)..Math.Min((i + 1) * batchSize, order.Length)];
            batches[i] = new GoldenBatch
            {
                ImageIds = ids,
                Embeddings = [.. ids.SelectMany(id => embeddings[(id * options.Dimension)..((id + 1) * options.Dimension)])],
                Heads = [.. states[i].List(K.Length).Select((state, h) => State(state, ids.Length, K[h]))],
            };
        }

        return batches;
    }

    /// <summary>Per head K rows of d.</summary>
    public static IReadOnlyList<double[]> Centers(GoldenNode node, ClusteringOptions options) =>
        [.. node.List(options.Heads.Count).Select((head, h) => head.Matrix(options.Heads[h].ClusterCount, options.Dimension))];

    /// <summary>An order of images, all of them known.</summary>
    public static int[] Order(GoldenNode node, int imageCount)
    {
        var order = node.Int32s();
        foreach (var image in order)
        {
            if ((uint)image >= (uint)imageCount)
                throw node.Refuse($"{node.Path} holds image {image} of {imageCount}");
        }

        return order;
    }

    /// <summary>The options, refused in the file's name when they make no sense.</summary>
    public static ClusteringOptions Valid(GoldenNode node, ClusteringOptions options)
    {
        try
        {
            options.Validate();
            return options;
        }
        catch (InvalidOptionsException e)
        {
            throw new InvalidFileException(node.File, e.Value, $"{node.File} is no golden file: {e.Message}", e);
        }
    }

    public static float[] Floats(double[] values) => Array.ConvertAll(values, value => (float)value);

    static GoldenNode First(GoldenNode list) => list.List() is [var first, ..] ? first : throw list.Refuse($"{list.Path} is empty");

    static GoldenState State(GoldenNode node, int rows, int clusterCount) =>
        new()
        {
            Labels = node["labels"].Int32s(rows),
            Duals = node["rho"].Doubles(clusterCount),
            Counts = Array.ConvertAll(node["count"].Int32s(clusterCount), count => (long)count),
            CentersSumAbs = node["centers_sum_abs"].Double(),
        };
}
