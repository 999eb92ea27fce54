using CoKe.Errors;
using CoKe.Trainer.Data;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Training;
using static TorchSharp.torch;

namespace CoKe.Trainer.Evaluation;

/// <summary>
/// Asks the true classes how a run goes, between two epochs and on few images, so that it costs little. It draws nothing at random, and the
/// encoder has batch statistics again when the next step begins: a run with it ends with the same numbers as one without. What cannot be
/// measured is noted, and ends nothing.
/// </summary>
sealed class EpochEvaluation
{
    /// <summary>At most so many training and test images are embedded, evenly spread.</summary>
    public const int TrainImages = 5000,
        TestImages = 2000;

    readonly int every;
    readonly RunImages data;
    readonly EvaluationLabels classes;
    readonly Device device;

    EpochEvaluation(int every, RunImages data, EvaluationLabels classes, Device device) =>
        (this.every, this.data, this.classes, this.device) = (every, data, classes, device);

    /// <summary>That of a recipe; null if it asks for none, or if nobody knows the classes, which is noted.</summary>
    /// <exception cref="InvalidOptionsException">It asks for what is no number of epochs.</exception>
    public static EpochEvaluation? Of(Recipe recipe, RunImages data, Device device)
    {
        if (recipe.EvaluateEvery is not { } every)
            return null;
        if (every < 1)
            throw new InvalidOptionsException(
                nameof(recipe.EvaluateEvery),
                $"{every}",
                $"{nameof(recipe.EvaluateEvery)} = {every} must be at least 1 epoch."
            );
        if (data.Train.Classes is { } classes)
            return new EpochEvaluation(every, data, classes, device);
        data.Gaps.Add(
            $"evaluation.every = {every} needs classes, and {data.Name} has none, so nothing is measured between epochs: of images, "
                + "put them into a folder for every class and begin anew, or leave it at that."
        );
        return null;
    }

    /// <summary>Scores of an epoch that has ended.</summary>
    /// <param name="epoch">Which; 0 is the scan.</param>
    /// <param name="learner">As the epoch left it.</param>
    /// <param name="labels">Of the epoch: Labels[head][image], -1 without one.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Null when it is not this epoch's turn.</returns>
    public EpochScores? Of(int epoch, Learner learner, IReadOnlyList<int[]> labels, CancellationToken cancellation)
    {
        if (epoch % every != 0)
            return null;
        var neighbors = data.Gaps.Measure("The accuracy of nearest neighbors", () => Neighbors(learner, cancellation), cancellation);
        return data.Gaps.Measure(
            "What labels and classes have in common",
            () => new EpochScores(neighbors, [.. labels.Select(head => LabelScores.Of(classes.Classes, head)!)]),
            cancellation
        );
    }

    double? Neighbors(Learner learner, CancellationToken cancellation)
    {
        if (data.Test is not { Classes: { } testClasses } test)
            return null;
        using var scope = NewDisposeScope();
        var train = Some(data.Train.Images, TrainImages);
        var held = Some(test.Images, TestImages);
        return NearestNeighbors.Accuracy(train.Features, train.Classes(classes), held.Features, held.Classes(testClasses));

        Embedded Some(IImageSource images, int most) =>
            Evaluator.Embed(learner.Encoder, learner.Normalization, images, [.. EvenlySpread.Of(most, images.Count)], device, cancellation);
    }
}
