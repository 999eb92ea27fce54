namespace CoKe.ConstrainedKMeans.Conformance;

/// <summary>The layout with <c>epochs</c>: one long run into stage two, with new features each epoch.</summary>
static class GoldenStageTwo
{
    public static GoldenScenario Read(GoldenNode root)
    {
        var inputs = root["inputs"];
        var (centers, d) = GoldenParts.InitialCenters(inputs);
        var batchSize = inputs["batch"].Int32();
        var options = GoldenParts.Valid(
            inputs,
            new ClusteringOptions
            {
                ImageCount = inputs["N"].Int32(),
                Dimension = d,
                BatchSize = batchSize,
                Views = inputs.Find("views")?.Int32() ?? 1,
                Heads = [.. centers.Select((head, h) => GoldenParts.Head(inputs, h, centers.Count, head.Length / d))],
                StageTwoAfterEpoch = inputs.Find("T_prime")?.Int32(),
                SoftLabelSlots = inputs["slots"].Int32(),
                LabelSharpening = inputs["sharpening"].Double(),
            }
        );

        return new GoldenScenario
        {
            Name = root.Find("name")?.Text() ?? "stage_two",
            Options = options,
            InitialCenters = centers,
            Epochs = [.. root["epochs"].List().Select(epoch => Epoch(epoch, options, batchSize))],
        };
    }

    static GoldenEpoch Epoch(GoldenNode node, ClusteringOptions options, int batchSize)
    {
        var order = GoldenParts.Order(node["perm"], options.ImageCount);
        var embeddings = GoldenParts.Floats(node["features"].Matrix(options.ImageCount, options.Dimension));
        var states = node["batches"].List((order.Length + batchSize - 1) / batchSize);
        return new GoldenEpoch
        {
            Batches = GoldenParts.Batches(options, order, batchSize, embeddings, states),
            FrozenCenters = GoldenParts.Centers(node["frozen_centers"], options),
            SoftLabels = SoftLabels(node["soft_labels"], options),
            SharpenedLabels = SoftLabels(node["sharpened"], options),
        };
    }

    static IReadOnlyList<IReadOnlyList<WeightedLabel[]>> SoftLabels(GoldenNode node, ClusteringOptions options) =>
        Array.ConvertAll(node.List(options.Heads.Count), head =>
            Array.ConvertAll(head.List(options.ImageCount), image => Array.ConvertAll(image.List(), Weighted))
        );

    static WeightedLabel Weighted(GoldenNode node) => node.List(2) is var pair ? new(pair[0].Int32(), pair[1].Double()) : default;
}
