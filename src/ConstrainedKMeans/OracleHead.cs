namespace CoKe.ConstrainedKMeans;

/// <summary>
/// One head of <see cref="OnlineConstrainedKMeans"/>: its clusters, its labels, and steps 1 to 4 of Algorithm 1 on a mini-batch.
/// </summary>
public sealed class OracleHead : IDisposable
{
    readonly ClusteringOptions options;
    readonly ClusterState[] clusters;
    readonly ScoringMatrix matrix;
    readonly int[] labels;
    readonly SoftLabel[]? softLabels;
    double similaritySum;
    long changedLabels;

    internal OracleHead(ClusteringOptions options, HeadPlan plan, float[] initialCenters)
    {
        (this.options, Plan) = (options, plan);
        matrix = new ScoringMatrix(plan, initialCenters);
        var d = plan.Dimension;
        clusters = [.. Enumerable.Range(0, plan.ClusterCount).Select(k => new ClusterState(plan, k, initialCenters.AsSpan(k * d, d)))];
        labels = new int[options.ImageCount];
        Array.Fill(labels, -1);
        softLabels = options.StageTwoAfterEpoch is null ? null : new SoftLabel[options.ImageCount];
    }

    /// <summary>The head's constants.</summary>
    public HeadPlan Plan { get; }

    /// <summary>The label of every image, N values; -1: never seen.</summary>
    public ReadOnlySpan<int> Labels => labels;

    /// <summary>
    /// The soft label of every image as of the last boundary, N values, empty until stage two; no values at all in a run without one.
    /// </summary>
    public ReadOnlySpan<SoftLabel> SoftLabels => softLabels;

    /// <summary>Rows of the whole run so far.</summary>
    public long RowClock { get; private set; }

    /// <summary>Rows of the whole run when the open epoch began.</summary>
    public long EpochStart { get; private set; }

    /// <summary>The state of cluster k.</summary>
    public ClusterState Cluster(int cluster) => clusters[cluster];

    /// <summary>The current center of cluster k, d values.</summary>
    public ReadOnlySpan<float> Center(int cluster) => clusters[cluster].Center;

    /// <summary>The center of cluster k when the last epoch ended, d values.</summary>
    public ReadOnlySpan<float> Frozen(int cluster) => clusters[cluster].Frozen;

    /// <summary>The centers of all clusters when the last epoch ended: K x d, row-major, a copy.</summary>
    public float[] FrozenCenters() => [.. clusters.SelectMany(cluster => cluster.Frozen.ToArray())];

    /// <summary>rho_k now.</summary>
    public double Dual(int cluster) => clusters[cluster].Dual.At(RowClock, Plan.PushPerRow(cluster));

    /// <summary>Members of cluster k in the open epoch.</summary>
    public long Count(int cluster) => clusters[cluster].Count;

    /// <summary>Frees the scoring matrix.</summary>
    public void Dispose() => matrix.Dispose();

    // Algorithm 1's inner loop for one mini-batch, validated already.
    internal int[] Step(int epoch, ReadOnlySpan<float> embeddings, ReadOnlySpan<int> imageIds, int threads)
    {
        var rows = imageIds.Length;

        // 1. Assign, with centers and duals from before the batch (eqns 10, 17).
        var y = new int[rows];
        var similarities = new float[rows];
        matrix.Assign(embeddings, rows, RowClock, y, similarities, threads);

        // 2., 3. Duals (eqns 18, 11) and centers (eqn 13), by the clusters themselves.
        var batch = BatchReduction.Of(embeddings, Plan.Dimension, y, Plan.ClusterCount);
        var threshold = DualProjection.Threshold(Plan, matrix.Duals, RowClock, rows, batch.Clusters, batch.Members);
        for (int k = 0, touched = 0; k < clusters.Length; k++)
        {
            var hit = touched < batch.Clusters.Length && batch.Clusters[touched] == k;
            if (!hit && !Plan.NeedsGlobalDuals)
                continue;
            clusters[k].Apply(epoch, RowClock, rows, hit ? batch.Members[touched] : 0, hit ? batch.Sum(touched) : default, threshold);
            matrix.SetDual(k, clusters[k].Dual);
            if (hit && Plan.UpdatesCentersEachBatch(epoch))
                matrix.SetCenter(k, clusters[k].Center);
            if (hit)
                touched++;
        }

        // 4. Store the labels.
        for (var i = 0; i < rows; i++)
        {
            ref var label = ref labels[imageIds[i]];
            if (label >= 0 && label != y[i])
                changedLabels++;
            label = y[i];
            similaritySum += similarities[i];
        }

        RowClock += rows;
        return y;
    }

    internal EpochSummary EndEpoch(int epoch, Func<int, bool> seen)
    {
        var K = clusters.Length;
        var counts = new long[K];
        double[] start = new double[K],
            end = new double[K];
        for (var k = 0; k < K; k++)
        {
            counts[k] = clusters[k].Count;
            start[k] = clusters[k].EpochStartDual.At(EpochStart, Plan.PushPerRow(k));
            end[k] = Dual(k);
            clusters[k].EndEpoch(epoch);
            matrix.SetCenter(k, clusters[k].Center);
        }

        if (Plan.IsStageTwo(epoch))
            UpdateSoftLabels(Plan.StageTwoFraction(epoch), seen);
        var summary = EpochSummary.Of(Plan, epoch, RowClock - EpochStart, counts, start, end, similaritySum, changedLabels);
        (EpochStart, similaritySum, changedLabels) = (RowClock, 0, 0);
        return summary;
    }

    // Section 3.4; an image not seen in this epoch keeps its soft label.
    void UpdateSoftLabels(double f, Func<int, bool> seen)
    {
        for (var i = 0; i < labels.Length; i++)
        {
            if (seen(i))
                softLabels![i].Update(labels[i], f, options.SoftLabelSlots);
        }
    }
}
