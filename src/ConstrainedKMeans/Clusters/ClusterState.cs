namespace CoKe.ConstrainedKMeans;

/// <summary>
/// The state of one cluster and the two rules that change it: its dual (step 2) and its center (step 3). It alone applies them; everything
/// else caches what it answers. Not thread safe.
/// </summary>
public sealed class ClusterState
{
    const int LargestStackVector = 1024;

    readonly HeadPlan _plan;
    readonly int _cluster;
    readonly float[] _center;
    readonly float[] _frozen;
    readonly double[] _sum;
    readonly double[]? _precise;
    readonly MemberRanking _members = new();

    /// <summary>A cluster before its first step: no members, dual 0.</summary>
    /// <param name="plan">The head's constants.</param>
    /// <param name="cluster">k, from 0.</param>
    /// <param name="initialCenter">d values of unit norm.</param>
    public ClusterState(HeadPlan plan, int cluster, ReadOnlySpan<float> initialCenter)
        : this(plan, cluster, initialCenter.ToArray(), initialCenter.ToArray(), new double[plan.Dimension], PreciseCenter(plan))
    {
        if (_precise is not null)
            UnitVector.Widen(initialCenter, _precise);
    }

    ClusterState(HeadPlan plan, int cluster, float[] center, float[] frozen, double[] sum, double[]? precise)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cluster);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(cluster, plan.ClusterCount);
        ArgumentOutOfRangeException.ThrowIfNotEqual(center.Length, plan.Dimension);
        (_plan, _cluster, _center, _frozen, _sum, _precise) = (plan, cluster, center, frozen, sum, precise);
    }

    /// <summary>Members in the open epoch so far.</summary>
    public long Count { get; private set; }

    /// <summary>Members in the epoch that ended last.</summary>
    public long LastCount { get; private set; }

    /// <summary>The dual.</summary>
    public Dual Dual { get; private set; }

    /// <summary>The dual when the open epoch began; the epoch's violation is bounded by the growth since.</summary>
    public Dual EpochStartDual { get; private set; }

    /// <summary>Sizes and duals together.</summary>
    public ClusterFigures Figures => new(Count, LastCount, Dual, EpochStartDual);

    /// <summary>The current center, d values: what the next batch is scored with.</summary>
    public ReadOnlySpan<float> Center => _center;

    /// <summary>C^{t-1}, d values: the center when the last epoch ended, which trainers read. In stage two the averaged center.</summary>
    public ReadOnlySpan<float> Frozen => _frozen;

    /// <summary>The sum of the open epoch's members, d values.</summary>
    public ReadOnlySpan<double> Sum => _sum;

    /// <summary>Members of the open epoch that stand out, a copy.</summary>
    public RankedMembers OpenMembers => _members.Snapshot();

    /// <summary>Members of the epoch that ended last that stand out.</summary>
    public RankedMembers LastMembers { get; private set; } = RankedMembers.None;

    /// <summary>
    /// Steps 2 and 3 of one mini-batch. Without tau it changes nothing when there are no members, because the dual grows by itself; with
    /// tau it must be called for every cluster.
    /// </summary>
    /// <param name="epoch">t.</param>
    /// <param name="rowClock">Rows of the whole run before this step.</param>
    /// <param name="rows">r: rows of this step, all clusters together.</param>
    /// <param name="members">n_k: rows that this cluster gained.</param>
    /// <param name="batchSum">The sum of those rows, d values; may be empty when there are none.</param>
    /// <param name="threshold">theta of eqn 11; 0 without tau.</param>
    /// <param name="imageIds">The images of those rows; none: nobody asks which members stand out.</param>
    /// <param name="similarities">x . c of each, with the center before this step.</param>
    public void Apply(
        int epoch,
        long rowClock,
        int rows,
        int members,
        ReadOnlySpan<double> batchSum,
        double threshold,
        ReadOnlySpan<int> imageIds = default,
        ReadOnlySpan<float> similarities = default
    )
    {
        if (members == 0 && !_plan.NeedsGlobalDuals)
            return;
        var rho = Dual.After(_plan, _cluster, rowClock, rows, members); // eqn 18
        if (_plan.NeedsGlobalDuals)
            rho = Math.Max(0, rho - threshold); // eqn 11
        Dual = new Dual(rho, rowClock + rows);
        if (members == 0)
            return; // a cluster not hit keeps its center

        var before = Count;
        Count += members;
        UnitVector.Add(_sum, batchSum);
        for (var i = 0; i < imageIds.Length; i++)
            _members.Add(imageIds[i], similarities[i]);
        if (!_plan.UpdatesCentersEachBatch(epoch))
            return;
        if (_plan.Options.CenterRule == CenterRule.Exact)
            MoveTo(_sum); // eqn 13
        else
            MoveByRescaling(before, batchSum);
    }

    /// <summary>The epoch's end, as below, and what the epoch was.</summary>
    /// <param name="epoch">t, the epoch that ends.</param>
    /// <param name="rowClock">Rows of the whole run at its end.</param>
    /// <param name="kept">Members that had this label before, by whoever keeps the labels.</param>
    /// <param name="came">Members that had another label before.</param>
    public ClusterEpoch EndEpoch(int epoch, long rowClock, int kept, int came)
    {
        var (size, dual) = (checked((int)Count), Dual.At(rowClock, _plan.PushPerRow(_cluster)));
        return new ClusterEpoch(dual, size, (float)EndEpoch(epoch), kept, came);
    }

    /// <summary>The epoch's end: freezes the center, restarts sum, count and members, keeps the dual.</summary>
    /// <param name="epoch">t, the epoch that ends.</param>
    /// <returns>How far the frozen center moved.</returns>
    public double EndEpoch(int epoch)
    {
        if (_plan.IsStageTwo(epoch))
            AverageWithFrozen(_plan.StageTwoFraction(epoch));
        else if (!_plan.UpdatesCentersEachBatch(epoch) && Count > 0)
            MoveTo(_sum); // eqn 12
        var moved = UnitVector.Distance(_center, _frozen);
        _center.CopyTo(_frozen, 0);
        LastCount = Count;
        Count = 0;
        Array.Clear(_sum);
        LastMembers = _members.Snapshot();
        _members.Clear();
        EpochStartDual = Dual;
        return moved;
    }

    /// <summary>A copy of everything; see <see cref="Restore"/>.</summary>
    public ClusterSnapshot Snapshot() =>
        new()
        {
            Figures = Figures,
            Center = [.. _center],
            Frozen = [.. _frozen],
            Sum = [.. _sum],
            PreciseCenter = _precise is null ? null : [.. _precise],
            OpenMembers = OpenMembers,
            LastMembers = LastMembers,
        };

    /// <summary>The cluster exactly as it was when <paramref name="snapshot"/> was taken.</summary>
    public static ClusterState Restore(HeadPlan plan, int cluster, ClusterSnapshot snapshot)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(snapshot.PreciseCenter is not null, plan.KeepsPreciseCenters);
        var precise = snapshot.PreciseCenter?.ToArray();
        var state = new ClusterState(plan, cluster, [.. snapshot.Center], [.. snapshot.Frozen], [.. snapshot.Sum], precise)
        {
            Count = snapshot.Figures.Count,
            LastCount = snapshot.Figures.LastCount,
            Dual = snapshot.Figures.Dual,
            EpochStartDual = snapshot.Figures.EpochStartDual,
            LastMembers = snapshot.LastMembers,
        };
        state._members.Restore(snapshot.OpenMembers);
        return state;
    }

    static double[]? PreciseCenter(HeadPlan plan) => plan.KeepsPreciseCenters ? new double[plan.Dimension] : null;

    /// <summary>c_k = sum / ||sum|| (eqn 13), rounded to float32: what a center is under the exact rule when it follows every
    /// mini-batch.</summary>
    /// <param name="sum">The sum of the members, d values.</param>
    /// <param name="center">Receives d values.</param>
    public static void CenterOf(ReadOnlySpan<double> sum, Span<float> center)
    {
        Span<double> unit = sum.Length <= LargestStackVector ? stackalloc double[sum.Length] : new double[sum.Length];
        UnitVector.Normalize(sum, unit);
        UnitVector.Round(unit, center);
    }

    // c_k = direction / ||direction||, in float32 for scoring and, where the next center depends on it, in double too.
    void MoveTo(ReadOnlySpan<double> direction)
    {
        if (_precise is null)
        {
            CenterOf(direction, _center);
            return;
        }

        UnitVector.Normalize(direction, _precise);
        UnitVector.Round(_precise, _center);
    }

    // The published code: c_k <- normalize(c_k n_old / n_new + batch sum / n_new).
    void MoveByRescaling(long before, ReadOnlySpan<double> batchSum)
    {
        var kept = (double)before / Count;
        for (var i = 0; i < _precise!.Length; i++)
            _precise[i] = _precise[i] * kept + batchSum[i] / Count;
        MoveTo(_precise);
    }

    // Section 3.4: C^ <- normalize((1 - f) C^ + f C^t). During stage two the current center is the frozen one, so precise holds C^.
    void AverageWithFrozen(double f)
    {
        Span<double> latest = _sum.Length <= LargestStackVector ? stackalloc double[_sum.Length] : new double[_sum.Length];
        if (Count > 0)
            UnitVector.Normalize(_sum, latest); // eqn 12
        else
            _precise!.CopyTo(latest);
        for (var i = 0; i < latest.Length; i++)
            _precise![i] = (1 - f) * _precise[i] + f * latest[i];
        MoveTo(_precise!);
    }
}
