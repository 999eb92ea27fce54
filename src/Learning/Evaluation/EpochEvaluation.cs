using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Views;
using static TorchSharp.torch;

namespace CoKe.Learning.Evaluation;

/// <summary>
/// Asks the true classes how a run goes, between two epochs and on few images, so that it costs little. It draws nothing at random, and the
/// encoder has batch statistics again when the next step begins: a run with it ends with the same numbers as one without. What cannot be
/// measured is noted, and ends nothing.
/// </summary>
public sealed class EpochEvaluation
{
    /// <summary>At most so many training and test images are embedded, evenly spread.</summary>
    public const int TrainImages = 5000,
        TestImages = 2000;

    readonly int _every;
    readonly RunImages? _data;
    readonly Device _device;

    EpochEvaluation(int every, RunImages? data, Device device) => (_every, _data, _device) = (every, data, device);

    /// <summary>Asks nothing.</summary>
    public static EpochEvaluation Never { get; } = new(0, null, CPU);

    /// <summary>Asks after every so-manieth epoch; never, if nobody knows the classes, which is noted.</summary>
    /// <param name="every">Epochs from one question to the next, the scan among them; null: never, which is the rule.</param>
    /// <param name="data">The images.</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="InvalidOptionsException"><paramref name="every"/> is no number of epochs.</exception>
    public static EpochEvaluation Of(int? every, RunImages data, Device device)
    {
        const string Field = "EvaluateEvery";
        if (every is not { } epochs)
            return Never;
        if (epochs < 1)
            throw new InvalidOptionsException(Field, $"{epochs}", $"{Field} = {epochs} must be at least 1 epoch.");
        if (data.Train.Classes is not null)
            return new EpochEvaluation(epochs, data, device);
        data.Gaps.Add(
            $"evaluation.every = {every} needs classes, and {data.Name} has none, so nothing is measured between epochs: of images, "
                + "put them into a folder for every class and begin anew, or leave it at that."
        );
        return Never;
    }

    /// <summary>Scores of an epoch that has ended.</summary>
    /// <param name="epoch">Which; 0 is the scan.</param>
    /// <param name="encoder">As the epoch left it.</param>
    /// <param name="normalization">Of its pixels.</param>
    /// <param name="labels">Of the epoch: Labels[head][image], -1 without one.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Null when it is not this epoch's turn.</returns>
    public EpochScores? Of(
        int epoch,
        Encoder encoder,
        Normalization normalization,
        IReadOnlyList<int[]> labels,
        CancellationToken cancellation
    )
    {
        if (_data is not { Train.Classes: { } classes } || epoch % _every != 0)
            return null;
        var neighbors = _data.Gaps.Measure(
            "The accuracy of nearest neighbors",
            () => Neighbors(encoder, normalization, _data, classes, cancellation),
            cancellation
        );
        return _data.Gaps.Measure(
            "What labels and classes have in common",
            () => new EpochScores(neighbors, [.. labels.Select(head => LabelScores.Of(classes.Classes, head)!)]),
            cancellation
        );
    }

    double? Neighbors(
        Encoder encoder,
        Normalization normalization,
        RunImages data,
        EvaluationLabels classes,
        CancellationToken cancellation
    )
    {
        if (data.Test is not { Classes: { } testClasses } test)
            return null;
        using var scope = NewDisposeScope();
        var train = Some(data.Train.Images, TrainImages);
        var held = Some(test.Images, TestImages);
        return NearestNeighbors.Accuracy(train.Features, train.Classes(classes), held.Features, held.Classes(testClasses));

        Embedded Some(IImageSource images, int most) =>
            Evaluator.Embed(encoder, normalization, images, [.. EvenlySpread.Of(most, images.Count)], _device, cancellation);
    }
}
