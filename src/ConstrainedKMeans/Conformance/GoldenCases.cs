namespace CoKe.ConstrainedKMeans.Conformance;

/// <summary>The layout with <c>cases</c>: one set of features, drawn once, run with many settings.</summary>
static class GoldenCases
{
    public static GoldenScenario Read(GoldenNode inputs, GoldenNode @case)
    {
        var (centers, d) = GoldenParts.InitialCenters(inputs);
        var views = @case.Find("views")?.Int32() ?? 1;
        var N = inputs["view1"].List().Length;
        var batchSize = inputs["batch"].Int32();
        var options = GoldenParts.Valid(
            @case,
            new ClusteringOptions
            {
                ImageCount = N,
                Dimension = d,
                BatchSize = @case.Find("nominal_batch")?.Int32() ?? batchSize,
                Views = views,
                Heads = [.. centers.Select((head, h) => GoldenParts.Head(@case, h, centers.Count, head.Length / d))],
            }
        );

        return new GoldenScenario
        {
            Name = @case["name"].Text(),
            Options = options,
            InitialCenters = centers,
            Epochs = Epochs(inputs, @case, options, batchSize, MeanOverViews(inputs, options)),
        };
    }

    // Eqn 17: the plain mean of the views, not renormalized; in double, then float32.
    static float[] MeanOverViews(GoldenNode inputs, ClusteringOptions options)
    {
        var sum = new double[options.ImageCount * options.Dimension];
        for (var view = 1; view <= options.Views; view++)
        {
            UnitVector.Add(sum, inputs[$"view{view}"].Matrix(options.ImageCount, options.Dimension));
        }

        return Array.ConvertAll(sum, value => (float)(value / options.Views));
    }

    static GoldenEpoch[] Epochs(GoldenNode inputs, GoldenNode @case, ClusteringOptions options, int batchSize, float[] embeddings)
    {
        var orders = Array.ConvertAll(inputs["perm"].List(), order => GoldenParts.Order(order, options.ImageCount));
        if (batchSize < 1)
            throw inputs.Refuse($"{inputs.Path}.batch is below 1");
        if (orders.Length == 0)
            throw inputs.Refuse($"{inputs.Path}.perm has no epoch");
        var states = @case["batches"].List(orders.Sum(order => BatchCount(order, batchSize)));
        var epochs = new GoldenEpoch[orders.Length];
        var next = 0;
        for (var t = 0; t < epochs.Length; t++)
        {
            var count = BatchCount(orders[t], batchSize);
            var batches = GoldenParts.Batches(options, orders[t], batchSize, embeddings, states.AsSpan(next, count));
            epochs[t] = new GoldenEpoch { Batches = batches };
            next += count;
        }

        ExpectCenters(epochs, @case, options);
        return epochs;
    }

    // frozen_centers: after the last epoch's end. final_centers: those after the last batch; when centers move per epoch only, these were
    // frozen one epoch earlier.
    static void ExpectCenters(GoldenEpoch[] epochs, GoldenNode @case, ClusteringOptions options)
    {
        var last = epochs.Length - 1;
        if (@case.Find("frozen_centers") is { } frozen)
            Expect(last, frozen);
        if (@case.Find("final_centers") is not { } final)
            return;
        if (options.Heads[0].CenterSchedule == CenterSchedule.Epoch)
            last--;
        if (last >= 0)
            Expect(last, final);

        void Expect(int t, GoldenNode centers) => epochs[t] = epochs[t] with { FrozenCenters = GoldenParts.Centers(centers, options) };
    }

    static int BatchCount(int[] order, int batchSize) => (order.Length + batchSize - 1) / batchSize;
}
