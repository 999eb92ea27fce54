using System.Runtime.InteropServices;

namespace CoKe.ConstrainedKMeans;

/// <summary>
/// One head of <see cref="OnlineConstrainedKMeans"/>: its clusters, its labels, and steps 1 to 4 of Algorithm 1 on a mini-batch.
/// </summary>
public sealed class OracleHead : IDisposable
{
    readonly ClusteringOptions _options;
    readonly ClusterState[] _clusters;
    readonly ScoringMatrix _matrix;
    readonly int[] _labels;
    readonly int[] _before; // the label that an image had before the last step that labeled it
    readonly SoftLabel[]? _softLabels;
    readonly ClusterEpoch[][] _histories;
    readonly int[] _kept; // members of the open epoch that had this label before
    readonly int[] _came; // members of the open epoch that had another one
    double _similaritySum;
    long _changedLabels;

    internal OracleHead(ClusteringOptions options, HeadPlan plan, float[] initialCenters)
    {
        (_options, Plan) = (options, plan);
        _matrix = new ScoringMatrix(plan, initialCenters);
        var d = plan.Dimension;
        _clusters = [.. Enumerable.Range(0, plan.ClusterCount).Select(k => new ClusterState(plan, k, initialCenters.AsSpan(k * d, d)))];
        _labels = new int[options.ImageCount];
        Array.Fill(_labels, -1);
        _before = new int[options.ImageCount];
        (_kept, _came) = (new int[plan.ClusterCount], new int[plan.ClusterCount]);
        _histories = new ClusterEpoch[plan.ClusterCount][];
        Array.Fill(_histories, []);
        _softLabels = options.StageTwoAfterEpoch is null ? null : new SoftLabel[options.ImageCount];
    }

    /// <summary>The head's constants.</summary>
    public HeadPlan Plan { get; }

    /// <summary>The label of every image, N values; -1: never seen.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>
    /// The soft label of every image as of the last boundary, N values, empty until stage two; no values at all in a run without one.
    /// </summary>
    public ReadOnlySpan<SoftLabel> SoftLabels => _softLabels;

    /// <summary>Rows of the whole run so far.</summary>
    public long RowClock { get; private set; }

    /// <summary>Rows of the whole run when the open epoch began.</summary>
    public long EpochStart { get; private set; }

    /// <summary>The state of cluster k.</summary>
    public ClusterState Cluster(int cluster) => _clusters[cluster];

    /// <summary>The closed epochs of cluster k, oldest first; the last 1,024.</summary>
    public IReadOnlyList<ClusterEpoch> History(int cluster) => _histories[cluster];

    /// <summary>The current center of cluster k, d values.</summary>
    public ReadOnlySpan<float> Center(int cluster) => _clusters[cluster].Center;

    /// <summary>The center of cluster k when the last epoch ended, d values.</summary>
    public ReadOnlySpan<float> Frozen(int cluster) => _clusters[cluster].Frozen;

    /// <summary>The centers of all clusters when the last epoch ended: K x d, row-major, a copy.</summary>
    public float[] FrozenCenters() => [.. _clusters.SelectMany(cluster => cluster.Frozen.ToArray())];

    /// <summary>rho_k now.</summary>
    public double Dual(int cluster) => _clusters[cluster].Dual.At(RowClock, Plan.PushPerRow(cluster));

    /// <summary>Members of cluster k in the open epoch.</summary>
    public long Count(int cluster) => _clusters[cluster].Count;

    /// <summary>Frees the scoring matrix.</summary>
    public void Dispose() => _matrix.Dispose();

    // Algorithm 1's inner loop for one mini-batch, validated already.
    internal int[] Step(int epoch, ReadOnlySpan<float> embeddings, ReadOnlySpan<int> imageIds, int threads)
    {
        var rows = imageIds.Length;

        // 1. Assign, with centers and duals from before the batch (eqns 10, 17).
        var y = new int[rows];
        var similarities = new float[rows];
        _matrix.Assign(embeddings, rows, RowClock, y, similarities, threads);

        // 2., 3. Duals (eqns 18, 11) and centers (eqn 13), by the clusters themselves.
        var batch = BatchReduction.Of(embeddings, Plan.Dimension, y, Plan.ClusterCount);
        var threshold = DualProjection.Threshold(Plan, _matrix.Duals, RowClock, y);
        var members = Array.ConvertAll(batch.Rows, row => similarities[row]);
        var ids = new int[batch.Rows.Length];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = imageIds[batch.Rows[i]];
        for (int k = 0, touched = 0, at = 0; k < _clusters.Length; k++)
        {
            var hit = touched < batch.Clusters.Length && batch.Clusters[touched] == k;
            if (!hit && !Plan.NeedsGlobalDuals)
                continue;
            var n = hit ? batch.Members[touched] : 0;
            _clusters[k]
                .Apply(epoch, RowClock, rows, n, hit ? batch.Sum(touched) : default, threshold, ids.AsSpan(at, n), members.AsSpan(at, n));
            at += n;
            _matrix.SetDual(k, _clusters[k].Dual);
            if (hit && Plan.UpdatesCentersEachBatch(epoch))
                _matrix.SetCenter(k, _clusters[k].Center);
            if (hit)
                touched++;
        }

        // 4. Store the labels.
        for (var i = 0; i < rows; i++)
        {
            ref var label = ref _labels[imageIds[i]];
            if (label >= 0 && label != y[i])
                _changedLabels++;
            if (label >= 0)
                (label == y[i] ? _kept : _came)[y[i]]++;
            _before[imageIds[i]] = label;
            label = y[i];
            _similaritySum += similarities[i];
        }

        RowClock += rows;
        return y;
    }

    internal EpochSummary EndEpoch(int epoch, Func<int, bool> seen)
    {
        var K = _clusters.Length;
        var counts = new long[K];
        double[] start = new double[K],
            end = new double[K];
        for (var k = 0; k < K; k++)
        {
            counts[k] = _clusters[k].Count;
            start[k] = _clusters[k].EpochStartDual.At(EpochStart, Plan.PushPerRow(k));
            end[k] = Dual(k);
            _histories[k] = ClusterEpoch.Append(_histories[k], _clusters[k].EndEpoch(epoch, RowClock, _kept[k], _came[k]));
            _matrix.SetCenter(k, _clusters[k].Center);
        }

        if (Plan.IsStageTwo(epoch))
            UpdateSoftLabels(Plan.StageTwoFraction(epoch), seen);
        var joint = Moves(seen);
        var summary = EpochSummary.Of(Plan, epoch, RowClock - EpochStart, counts, start, end, _similaritySum, _changedLabels) with
        {
            Agreement = joint.NormalizedMutualInformation(),
            AgreementImages = joint.Total,
        };
        (EpochStart, _similaritySum, _changedLabels) = (RowClock, 0, 0);
        Array.Clear(_kept);
        Array.Clear(_came);
        return summary;
    }

    // Of images that were seen and had a label before.
    JointCounts Moves(Func<int, bool> seen)
    {
        var (before, now) = (new List<int>(), new List<int>());
        for (var i = 0; i < _labels.Length; i += JointCounts.StrideOf(_labels.Length))
        {
            if (!seen(i) || _before[i] < 0)
                continue;
            before.Add(_before[i]);
            now.Add(_labels[i]);
        }

        return JointCounts.Of(CollectionsMarshal.AsSpan(before), CollectionsMarshal.AsSpan(now));
    }

    // Section 3.4; an image not seen in this epoch keeps its soft label.
    void UpdateSoftLabels(double f, Func<int, bool> seen)
    {
        for (var i = 0; i < _labels.Length; i++)
        {
            if (seen(i))
                _softLabels![i].Update(_labels[i], f, _options.SoftLabelSlots);
        }
    }
}
