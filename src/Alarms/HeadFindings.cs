using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using static System.FormattableString;

namespace CoKe.Alarms;

/// <summary>What looks wrong in one head's epoch.</summary>
sealed class HeadFindings(ClusteringOptions options, EpochReport epoch, int head, AlarmLimits limits)
{
    // Below three clusters a large one and a small one are just that.
    const int FewestForFreeShare = 3;

    readonly HeadReport _report = epoch.Heads[head];

    /// <summary>K.</summary>
    public int ClusterCount => _report.ClusterCount;

    /// <summary>
    /// How far an epoch's labels are those of the epoch before: 1 - (share that changed) / (1 - 1/K), since labels drawn anew among K equal
    /// clusters change with 1 - 1/K. 1: none changed, 0: as by chance. Null in a first epoch.
    /// </summary>
    public static double? Agreement(EpochReport epoch, int head) =>
        epoch.Heads[head] is { ClusterCount: > 1, ChangedLabels: { } changed } report && epoch.Rows > 0
            ? 1 - ((double)changed / epoch.Rows / (1 - (1.0 / report.ClusterCount)))
            : null;

    /// <summary>All embeddings of a run are nearly one.</summary>
    public static Finding Identical(double spread, AlarmLimits limits) =>
        new(
            AlarmKind.IdenticalEmbeddings,
            AlarmSeverity.Failure,
            null,
            spread,
            limits.Spread,
            Invariant($"All embeddings are nearly the same: their spread is {spread:0.0000}, below {limits.Spread:0.####}, ")
                + "where 0 is one vector and 1 every direction"
        );

    /// <summary>Collapse, or else empty clusters and minimums that are missed.</summary>
    public IEnumerable<Finding> OfSizes()
    {
        if (Collapsed() is { } collapsed)
        {
            yield return collapsed;
            yield break;
        }

        // With fewer images than clusters some must be empty.
        var mustBeEmpty = Math.Max(0, ClusterCount - epoch.Rows);
        if (_report.EmptyClusters > mustBeEmpty)
        {
            yield return Of(
                AlarmKind.EmptyClusters,
                AlarmSeverity.Warning,
                _report.EmptyClusters,
                mustBeEmpty,
                Invariant($"{_report.EmptyClusters} of {ClusterCount} clusters {(_report.EmptyClusters == 1 ? "is" : "are")} empty")
            );
        }
        else if (_report.Missed is { } missed && missed.Worst.Any(LacksMuch))
        {
            var worst = missed.Worst.MaxBy(cluster => (double)cluster.Missing / cluster.Minimum);
            yield return Of(
                AlarmKind.MinimumSizes,
                AlarmSeverity.Warning,
                missed.LargestLack,
                limits.LackOfMinimum,
                Invariant($"{missed.Clusters} of {ClusterCount} clusters miss their minimum size, by {missed.Images:N0} images in all; ")
                    + Invariant($"cluster {worst.Cluster} has {worst.Size:N0} of {worst.Minimum:N0}")
            );
        }
    }

    /// <summary>A loss that guessing has, too.</summary>
    /// <param name="loss">Of the head, in nats; what is no number is alarming.</param>
    public Finding? OfLoss(double loss)
    {
        // Whatever the target is, who holds all K for equally likely has a cross-entropy of ln K: so have the other views, the soft
        // labels of stage two and the prediction, and any mean of these.
        var chance = Math.Log(ClusterCount);
        return loss < limits.LossOfChance * chance
            ? null
            : Of(
                AlarmKind.LossAtChance,
                AlarmSeverity.Failure,
                loss,
                chance,
                Invariant($"the loss is {loss:0.000}, and who guesses among {ClusterCount} clusters has ln {ClusterCount} = {chance:0.000}")
            );
    }

    /// <summary>Labels that are hardly those of the epoch before.</summary>
    /// <param name="best">The best agreement of earlier epochs; null: none is known.</param>
    public Finding? OfLabels(double? best)
    {
        if (Agreement(epoch, head) is not { } agreement)
            return null;
        var changed = Invariant($"{100.0 * _report.ChangedLabels!.Value / epoch.Rows:0}% of the labels changed in one epoch");
        if (agreement < limits.LabelAgreement)
        {
            return Of(
                AlarmKind.LabelAgreement,
                AlarmSeverity.Warning,
                agreement,
                limits.LabelAgreement,
                changed
                    + Invariant($", an agreement of {agreement:0.00}, where 0 is that of labels drawn anew and 1 that of labels that stay")
            );
        }

        return best >= limits.GoodAgreement && agreement < limits.FallenAgreement * best
            ? Of(
                AlarmKind.LabelAgreement,
                AlarmSeverity.Warning,
                agreement,
                limits.FallenAgreement * best.Value,
                changed + Invariant($", an agreement of {agreement:0.00}, which has been {best:0.00}")
            )
            : null;
    }

    bool LacksMuch(SmallCluster cluster) =>
        cluster.Missing > Math.Max(limits.LackOfMinimum * cluster.Minimum, limits.LackInRoots * Math.Sqrt(cluster.Minimum));

    Finding? Collapsed()
    {
        if (_report.EffectiveClusters is { } effective && effective < 1 + (limits.EffectiveShare * (ClusterCount - 1)))
        {
            return Of(
                AlarmKind.Collapse,
                AlarmSeverity.Failure,
                effective,
                1 + (limits.EffectiveShare * (ClusterCount - 1)),
                Invariant($"{ClusterCount} clusters hold the images as {effective:0.0} equal ones would; ")
                    + Invariant($"the largest has {_report.LargestSize:N0} of {epoch.Rows:N0}")
            );
        }

        // Where minimums are kept, the clusters that would be empty are as small as they may be.
        var plan = new HeadPlan(options, head);
        double[] minimums = [.. Enumerable.Range(0, ClusterCount).Select(k => plan.RequiredSize(k) * epoch.Rows / options.ImageCount)];
        var free = epoch.Rows - minimums.Sum();
        if (ClusterCount < FewestForFreeShare || free < limits.LeastFree * epoch.Rows)
            return null;
        var share = (_report.LargestSize - minimums.Max()) / free;
        return share < limits.LargestFreeShare
            ? null
            : Of(
                AlarmKind.Collapse,
                AlarmSeverity.Failure,
                share,
                limits.LargestFreeShare,
                Invariant($"one of {ClusterCount} clusters has {_report.LargestSize:N0} of {epoch.Rows:N0} images, ")
                    + Invariant($"{100 * Math.Min(1, share):0}% of what the minimum sizes leave free")
            );
    }

    Finding Of(AlarmKind kind, AlarmSeverity severity, double value, double bound, string what) =>
        new(kind, severity, head, value, bound, $"Head {head}: {what}") { Missed = _report.Missed };
}
