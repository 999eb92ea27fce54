using CoKe.Errors;
using CoKe.Learning.Encoders;
using CoKe.Learning.Losses;
using CoKe.Learning.Optimizers;

namespace CoKe.Learning.Training;

/// <summary>Everything that a step of training is made of; a recipe chooses it. The learning rate comes with every step.</summary>
public sealed record StepOptions
{
    /// <summary>Backbone, projection, prediction, and in what precision they compute.</summary>
    public required EncoderOptions Encoder { get; init; }

    /// <summary>Views and targets.</summary>
    public LossOptions Loss { get; init; } = new();

    /// <summary>How parameters move.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>Refuses numbers out of range and what does not go together.</summary>
    /// <exception cref="InvalidOptionsException">Names the option, its value and the remedy.</exception>
    public void Validate()
    {
        Encoder.Validate();
        Loss.Validate();
        Optimizer.Validate();
        if (Loss.SmallViews > 0 && Encoder.Backbone == BackboneKind.SmallNet)
            throw new InvalidOptionsException(
                nameof(Loss.SmallViews),
                $"{Loss.SmallViews}",
                $"{nameof(Loss.SmallViews)} = {Loss.SmallViews} needs a backbone that takes images of any size: the small net does not; "
                    + "set encoder.backbone to resnet-18 and encoder.stem to cifar or imagenet, or views.small to 0."
            );
    }
}
