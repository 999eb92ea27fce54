using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.ConstrainedKMeans.Conformance;
using CoKe.Errors;

namespace CoKe.Client.Conformance;

/// <summary>
/// Replays golden scenarios through the actors, each as a run of its own with one trainer session. After every mini-batch the owners of
/// the state, the cluster grains, are asked for duals, counts and centers; labels are pulled from the shards when their epoch is committed.
/// </summary>
/// <param name="client">Where the runs live.</param>
public sealed class ActorReplay(CokeClient client)
{
    /// <summary>Feeds every mini-batch of a scenario and compares after each, and after every epoch.</summary>
    /// <param name="scenario">What to feed, and what must come out.</param>
    /// <param name="run">Name of the run to create; it must be a new one.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="InvalidOptionsException">The run was fed before.</exception>
    /// <exception cref="RunConflictException">The run exists with another specification.</exception>
    /// <exception cref="RunFaultedException">The run cannot go on.</exception>
    public async Task<GoldenComparison> RunAsync(GoldenScenario scenario, string run, CancellationToken cancellation = default)
    {
        var specification = new RunSpecification(
            run,
            scenario.Options,
            InitialCenters: [.. scenario.InitialCenters.Select(centers => new FloatValues(centers))]
        );
        var status = await client.CreateRunAsync(specification, cancellation);
        if (status.Step > 0)
            throw new InvalidOptionsException("run", run, $"Run '{run}' exists already and has been fed: choose another name.");

        await using var session = await client.OpenSessionAsync(run, cancellation: cancellation);
        var comparison = new GoldenComparison();
        foreach (var epoch in scenario.Epochs)
        {
            var states = new List<HeadState[]>(epoch.Batches.Count);
            foreach (var batch in epoch.Batches)
            {
                await session.PushAsync(batch.ImageIds, batch.Embeddings, cancellation);
                status = await ProcessedAsync(status, status.Step + 1, cancellation);
                states.Add(
                    await Task.WhenAll(scenario.Options.Heads.Select((head, h) => ReadAsync(run, h, head.ClusterCount, cancellation)))
                );
            }

            await session.EndEpochAsync(cancellation);
            await CompareBatchesAsync(comparison, epoch, states, session, scenario.Options, cancellation);
            await CompareBoundaryAsync(comparison, epoch, session, scenario.Options, cancellation);
        }

        return comparison;
    }

    // Each image is seen at most once per epoch, so the labels of the epoch are those of each of its steps.
    static async Task CompareBatchesAsync(
        GoldenComparison comparison,
        GoldenEpoch epoch,
        List<HeadState[]> states,
        TrainerSession session,
        ClusteringOptions options,
        CancellationToken cancellation
    )
    {
        foreach (var (batch, heads) in epoch.Batches.Zip(states))
        {
            var labels = await session.GetLabelsAsync(batch.ImageIds, cancellation);
            for (var h = 0; h < heads.Length; h++)
            {
                comparison.CompareBatch(
                    batch.Heads[h],
                    labels.Labels[h],
                    heads[h].Duals,
                    heads[h].Counts,
                    heads[h].CentersSumAbs,
                    options.Dimension
                );
            }
        }
    }

    static async Task CompareBoundaryAsync(
        GoldenComparison comparison,
        GoldenEpoch epoch,
        TrainerSession session,
        ClusteringOptions options,
        CancellationToken cancellation
    )
    {
        if (epoch.FrozenCenters is not null)
        {
            var centers = await session.GetCentersAsync(cancellation);
            for (var h = 0; h < centers.Count; h++)
                comparison.CompareCenters(epoch, h, centers[h]);
        }

        if (epoch.SoftLabels is null && epoch.SharpenedLabels is null)
            return;
        var images = Enumerable.Range(0, options.ImageCount).ToArray();
        var soft = (await session.GetLabelsAsync(images, cancellation)).SoftLabels;
        for (var h = 0; h < options.Heads.Count; h++)
        {
            foreach (var i in images)
            {
                var entries = soft?[h][i] ?? [];
                var label = new SoftLabel(Array.ConvertAll(entries, entry => new WeightedLabel(entry.Label, entry.Weight)));
                comparison.CompareSoftLabel(epoch, h, i, label, options.LabelSharpening);
            }
        }
    }

    async Task<RunStatus> ProcessedAsync(RunStatus status, long step, CancellationToken cancellation)
    {
        while (status.Step < step)
        {
            if (status.Fault is { } fault)
                throw new RunFaultedException(status.Name, fault);
            status = await client.WaitForChangeAsync(status, cancellation);
        }

        return status;
    }

    async Task<HeadState> ReadAsync(string run, int head, int clusterCount, CancellationToken cancellation)
    {
        var clusters = await Task.WhenAll(
            Enumerable.Range(0, clusterCount).Select(k => client.GetClusterAsync(run, head, k, cancellation))
        );
        var sumAbs = 0.0;
        foreach (var cluster in clusters)
        {
            foreach (var c in cluster.Center.Span)
                sumAbs += Math.Abs(c);
        }

        return new HeadState(Array.ConvertAll(clusters, c => c.Dual), Array.ConvertAll(clusters, c => c.Count), sumAbs);
    }

    /// <summary>One head after a mini-batch, as its clusters tell it.</summary>
    sealed record HeadState(double[] Duals, long[] Counts, double CentersSumAbs);
}
