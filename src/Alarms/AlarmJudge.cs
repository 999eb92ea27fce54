using CoKe.Abstractions;

namespace CoKe.Alarms;

/// <summary>
/// The one place where a run is judged: what is known of its epochs, over all heads, becomes a list of alarms. Pure functions.
/// </summary>
public static class AlarmJudge
{
    /// <summary>Judges every epoch that is known.</summary>
    /// <param name="run">The epochs.</param>
    /// <param name="limits">From where on something is alarming.</param>
    /// <param name="remedies">What to do, in the words of whoever says it.</param>
    /// <returns>At most one alarm of a kind for every head, in the order in which they arose.</returns>
    public static IReadOnlyList<Alarm> Of(RunSigns run, AlarmLimits limits, IAlarmRemedies remedies)
    {
        var alarms = new Dictionary<(AlarmKind, int?), Alarm>();
        for (var i = 0; i < run.Epochs.Count; i++)
        {
            var epoch = run.Epochs[i].Report.Epoch;
            foreach (var finding in Findings(run, i, limits))
            {
                var key = (finding.Kind, finding.Head);
                var first = alarms.TryGetValue(key, out var known) ? known.Epoch : epoch;
                alarms[key] = Of(finding, first, epoch, stands: i == run.Epochs.Count - 1, remedies);
            }
        }

        return [.. alarms.Values.OrderBy(alarm => alarm.Epoch).ThenBy(alarm => alarm.Kind).ThenBy(alarm => alarm.Head)];
    }

    /// <summary>Those that arose in the last epoch that is known, or came back in it.</summary>
    /// <inheritdoc cref="Of(RunSigns, AlarmLimits, IAlarmRemedies)"/>
    public static IReadOnlyList<Alarm> New(RunSigns run, AlarmLimits limits, IAlarmRemedies remedies)
    {
        if (run.Epochs.Count == 0)
            return [];
        var last = run.Epochs.Count - 1;
        var before = last == 0 ? [] : Findings(run, last - 1, limits).Select(finding => (finding.Kind, finding.Head)).ToHashSet();
        var epoch = run.Epochs[last].Report.Epoch;
        return
        [
            .. Findings(run, last, limits)
                .Where(finding => !before.Contains((finding.Kind, finding.Head)))
                .Select(finding => Of(finding, epoch, epoch, stands: true, remedies)),
        ];
    }

    /// <summary>Judges what classes say of features and clusters.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="epoch">The epoch that they are of.</param>
    /// <param name="limits">From where on something is alarming.</param>
    /// <param name="remedies">What to do.</param>
    public static IReadOnlyList<Alarm> Of(ScoreSigns scores, int epoch, AlarmLimits limits, IAlarmRemedies remedies) =>
        [.. ScoreFindings.Of(scores, limits).Select(finding => Of(finding, epoch, epoch, stands: true, remedies))];

    static Alarm Of(Finding found, int first, int last, bool stands, IAlarmRemedies remedies) =>
        new(found.Kind, found.Severity, found.Head, first, last, stands, found.Value, found.Bound, found.Sentence, remedies.For(found));

    /// <summary>What is wrong in an epoch, and was so in the one before.</summary>
    static IEnumerable<Finding> Findings(RunSigns run, int at, AlarmLimits limits)
    {
        var now = Looks(run, at, limits);
        if (limits.InARow < 2 || at == 0 || run.Epochs[at - 1].Report.Epoch != run.Epochs[at].Report.Epoch - 1)
            return now;

        // The epoch before may be one that is not judged by itself yet.
        var before = Looks(run, at - 1, limits with { AfterEpoch = -1, EmbeddingsAfterEpoch = -1, SizesFromEpoch = 0, SizesFromStep = 0 })
            .Select(finding => (finding.Kind, finding.Head))
            .ToHashSet();
        return now.Where(finding => before.Contains((finding.Kind, finding.Head)));
    }

    static IEnumerable<Finding> Looks(RunSigns run, int at, AlarmLimits limits)
    {
        var signs = run.Epochs[at];
        var report = signs.Report;
        if (report.Rows == 0)
            yield break;
        if (report.Epoch > limits.EmbeddingsAfterEpoch && signs.Spread is { } spread && spread < limits.Spread)
            yield return HeadFindings.Identical(spread, limits);

        for (var h = 0; h < report.Heads.Count; h++)
        {
            var head = new HeadFindings(run.Options, report, h, limits);

            // A single cluster holds all, always, and nothing is to be learned.
            if (head.ClusterCount < 2)
                continue;
            if (IsTimeForSizes(report, limits))
                foreach (var finding in head.OfSizes())
                    yield return finding;
            if (report.Epoch <= limits.AfterEpoch)
                continue;
            if (signs.Losses is { } losses && h < losses.Count && head.OfLoss(losses[h]) is { } atChance)
                yield return atChance;
            if (head.OfLabels(BestAgreement(run, at, h, limits)) is { } apart)
                yield return apart;
        }
    }

    // Of earlier epochs the reports are not always known, and they have as many mini-batches each.
    static bool IsTimeForSizes(EpochReport report, AlarmLimits limits) =>
        report.Epoch >= limits.SizesFromEpoch && (report.Epoch + 1) * report.Steps >= limits.SizesFromStep;

    static double? BestAgreement(RunSigns run, int at, int head, AlarmLimits limits) =>
        run
            .Epochs.Take(at)
            .Where(epoch => epoch.Report.Epoch > limits.AfterEpoch && head < epoch.Report.Heads.Count)
            .Max(epoch => HeadFindings.Agreement(epoch.Report, head));
}
