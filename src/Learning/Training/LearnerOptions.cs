using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Views;
using static CoKe.Learning.Requirement;

namespace CoKe.Learning.Training;

/// <summary>The views that are drawn, the step that learns from them, and how many of those make an epoch: parts that must fit each
/// other.</summary>
/// <param name="Views">Large ones first.</param>
/// <param name="Step">For as many.</param>
/// <param name="Schedule">Mini-batches and epochs.</param>
public sealed record LearnerOptions(ViewSet Views, StepOptions Step, ScheduleOptions Schedule)
{
    /// <summary>Refuses numbers out of range and what does not go together.</summary>
    /// <exception cref="InvalidOptionsException">Names the option, its value and the remedy.</exception>
    public void Validate()
    {
        Step.Validate();
        foreach (var view in Views.Small)
            (Step.Encoder with { ImageHeight = view.Extent.Height, ImageWidth = view.Extent.Width }).Validate();
    }

    /// <summary>Refuses what makes no steps for so many images.</summary>
    /// <param name="imageCount">N.</param>
    /// <exception cref="InvalidOptionsException">A mini-batch without batch statistics, or more steps than can be counted.</exception>
    public void CheckSteps(int imageCount)
    {
        var steps = Schedule.StepsPerEpoch(imageCount);
        // Of a single row the variance is none: libtorch makes it not a number, which the running statistics would keep to the end.
        Require(
            imageCount / steps * Views.Groups().Min(group => group.Views.Length) > 1,
            nameof(Schedule.BatchSize),
            Schedule.BatchSize,
            $"cuts {imageCount} images into mini-batches of which some have one image, too few for batch statistics: "
                + $"take {EpochBatches.Count(imageCount, Math.Max(1, imageCount / 2))} or more, or more views"
        );
        Require(
            (Schedule.Epochs + 1L) * steps <= int.MaxValue,
            nameof(Schedule.Epochs),
            Schedule.Epochs,
            $"of {steps} steps each are more than {int.MaxValue} steps: take fewer epochs, or larger mini-batches"
        );
    }
}
