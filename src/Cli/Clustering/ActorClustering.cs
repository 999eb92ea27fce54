using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;

namespace CoKe.Cli.Clustering;

/// <summary>Clusters ready-made features through the actors: one run, one trainer session, seeded shuffled mini-batches, pass after
/// pass.</summary>
/// <param name="client">Where the run lives.</param>
/// <param name="features">The rows; the id of an image is its row.</param>
/// <param name="run">The run to create; it must be a new one.</param>
/// <param name="passes">Passes over the features at most, at least 1.</param>
sealed class ActorClustering(CokeClient client, RowSource features, RunSpecification run, int passes)
{
    (int Pass, int[] Rows) _order = (-1, []);

    /// <summary>Creates the run and feeds it.</summary>
    /// <param name="onRows">Told how many rows have been pushed in all, after every mini-batch.</param>
    /// <param name="onPass">Told every committed pass.</param>
    /// <param name="cancellation">Stops between mini-batches.</param>
    /// <exception cref="InvalidOptionsException">The options make no sense, or the run was fed already.</exception>
    /// <exception cref="RunConflictException">The run exists with another specification.</exception>
    public async Task<FeatureClusteringResult> RunAsync(
        Action<long>? onRows = null,
        Action<EpochReport>? onPass = null,
        CancellationToken cancellation = default
    )
    {
        var created = await client.CreateRunAsync(run, cancellation);
        if (created.Step > 0 || created.Trainers[0].Generation > 0)
        {
            throw new InvalidOptionsException(
                "run",
                run.Name,
                $"Run '{run.Name}' exists already and has been fed: choose another name with --run."
            );
        }

        await using var session = await client.OpenSessionAsync(run.Name, cancellation: cancellation);
        session.Report(lastEpoch: passes - 1);
        var started = Stopwatch.GetTimestamp();
        var reports = new List<EpochReport>(passes);
        var settled = false;
        for (var pass = 0; pass < passes && !settled; pass++)
        {
            reports.Add(await PassAsync(session, pass, onRows, cancellation));
            onPass?.Invoke(reports[^1]);
            settled = Settling.IsReached(reports);
        }

        await session.FinishAsync(cancellation);
        var elapsed = Stopwatch.GetElapsedTime(started);
        var images = new int[features.Rows];
        for (var i = 0; i < images.Length; i++)
            images[i] = i;
        var labels = (await session.GetLabelsAsync(images, cancellation)).Labels;
        var centers = await session.GetCentersAsync(cancellation);
        var duals = new double[labels.Length][];
        for (var h = 0; h < duals.Length; h++)
            duals[h] = [.. (await client.GetClustersAsync(run.Name, h, cancellation)).Select(cluster => cluster.Dual)];
        double[] similarity = [.. labels.Select((y, h) => ClusterQuality.MeanSimilarity(features, y, centers[h]))];
        return new FeatureClusteringResult(run.Name, reports, settled, labels, centers, duals, similarity, created.Warnings, elapsed);
    }

    /// <summary>One pass; after a roll-back the same again, because features do not change.</summary>
    async Task<EpochReport> PassAsync(TrainerSession session, int pass, Action<long>? onRows, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await FeedAsync(session, pass, onRows, cancellation);
                var ending = session.EndEpochAsync(cancellation);
                if (pass + 1 < passes)
                    OrderOf(pass + 1); // while the last rows are clustered and the pass is committed
                return await ending.WaitAsync(cancellation);
            }
            catch (RolledBackException)
            {
                session.RestartEpoch();
            }
        }
    }

    async Task FeedAsync(TrainerSession session, int pass, Action<long>? onRows, CancellationToken cancellation)
    {
        var order = OrderOf(pass);
        for (var first = 0; first < order.Length;)
        {
            cancellation.ThrowIfCancellationRequested();
            int[] images = [.. order.AsSpan(first, Math.Min(run.Clustering.BatchSize, order.Length - first))];

            // The session keeps it until it is durable.
            var values = GC.AllocateUninitializedArray<float>(images.Length * features.Dimension);
            features.Gather(images, values);
            await session.PushAsync(images, values, cancellation);
            first += images.Length;
            onRows?.Invoke(((long)pass * features.Rows) + first);
        }
    }

    int[] OrderOf(int pass)
    {
        if (_order.Pass != pass)
            _order = (pass, RowOrder.OfPass(run.Clustering, pass));
        return _order.Rows;
    }
}
