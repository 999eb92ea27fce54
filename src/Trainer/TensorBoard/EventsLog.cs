using CoKe.Learning.Evaluation;
using CoKe.Learning.Training;

namespace CoKe.Trainer.TensorBoard;

/// <summary>
/// Writes down every epoch for TensorBoard, one event for each, the epoch as its step. A run that goes on, or is taken back, goes on in the
/// same file: what comes after the boundary is cut off and what is missing before it is added, so every epoch is there once.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="time">Says when, which TensorBoard can use as its axis.</param>
sealed class EventsLog(string path, TimeProvider time) : TrainingEvents
{
    /// <inheritdoc/>
    public override void Ended(EpochRecord epoch) => Append([epoch]);

    /// <inheritdoc/>
    public override void Returned(int epoch, int done, IReadOnlyList<EpochRecord> history)
    {
        var (kept, end) = (0, 0L);
        foreach (var (content, endOfIt) in EventFile.Read(path))
        {
            if (!ScalarEvent.TryReadStep(content, out var read))
                break;
            if (read is { } step && (step != kept++ || step >= epoch))
            {
                kept--;
                break;
            }
            end = endOfIt;
        }
        EventFile.Cut(path, end);
        Append([.. history.Skip(kept)]);
    }

    /// <summary>Adds what the classes say of the trained encoder.</summary>
    /// <param name="epoch">The last one.</param>
    /// <param name="scores">On the test images.</param>
    public void Finished(int epoch, TestScores scores) =>
        EventFile.Append(
            path,
            [
                ScalarEvent.Of(
                    Now,
                    epoch,
                    Known([
                        ("test/accuracy", scores.Accuracy),
                        ("test/nmi", scores.NormalizedMutualInformation),
                        ("test/ari", scores.AdjustedRandIndex),
                        ("test/linear_probe", scores.Probe),
                        ("test/nearest_neighbors", scores.Neighbors),
                    ])
                ),
            ]
        );

    double Now => time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;

    void Append(IReadOnlyList<EpochRecord> epochs)
    {
        var isNew = !File.Exists(path) || new FileInfo(path).Length == 0;
        EventFile.Append(
            path,
            [
                .. isNew ? [ScalarEvent.Beginning(Now)] : (byte[][])[],
                .. epochs.Select(epoch => ScalarEvent.Of(Now, epoch.Epoch, Values(epoch))),
            ]
        );
    }

    static IEnumerable<(string Tag, double Value)> Values(EpochRecord epoch)
    {
        var heads = epoch
            .Clustering.Heads.Index()
            .Select(head =>
                (Name: $"head_{head.Index}_of_{head.Item.ClusterCount}", Report: head.Item, Scores: epoch.Scores?.Heads[head.Index])
            )
            .ToArray();
        IEnumerable<(string Tag, double? Value)> values =
        [
            ("train/loss", epoch.Loss),
            ("train/learning_rate", epoch.LearningRate),
            ("train/images_per_second", epoch.ImagesPerSecond),
            ("labels/nmi_with_epoch_before", epoch.LabelAgreement),
            ("labels/changed", epoch.ChangedShare),
            ("classes/nearest_neighbors", epoch.Scores?.Neighbors),
            .. heads.Select(head => ($"similarity/{head.Name}", (double?)head.Report.MeanSimilarity)),
            .. heads.Select(head => ($"violation/{head.Name}", (double?)head.Report.Violation)),
            .. heads.Select(head => ($"smallest_cluster/{head.Name}", (double?)head.Report.SmallestSize)),
            .. heads.Select(head => ($"largest_cluster/{head.Name}", (double?)head.Report.LargestSize)),
            .. heads.Select(head => ($"classes_accuracy/{head.Name}", head.Scores?.Acc)),
            .. heads.Select(head => ($"classes_nmi/{head.Name}", head.Scores?.Nmi)),
            .. heads.Select(head => ($"classes_ari/{head.Name}", head.Scores?.Ari)),
        ];
        return Known(values);
    }

    static IEnumerable<(string Tag, double Value)> Known(IEnumerable<(string Tag, double? Value)> values) =>
        values.Where(value => value.Value is not null).Select(value => (value.Tag, value.Value!.Value));
}
