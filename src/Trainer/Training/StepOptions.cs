using CoKe.Errors;
using CoKe.Trainer.Data;
using CoKe.Trainer.Encoders;
using CoKe.Trainer.Losses;
using CoKe.Trainer.Optimizers;
using CoKe.Trainer.Views;

namespace CoKe.Trainer.Training;

/// <summary>Everything that a step of training is made of; a recipe chooses it. The learning rate comes with every step.</summary>
sealed record StepOptions
{
    /// <summary>Backbone, projection, prediction, and in what precision they compute.</summary>
    public required EncoderOptions Encoder { get; init; }

    /// <summary>Views and targets.</summary>
    public LossOptions Loss { get; init; } = new();

    /// <summary>How parameters move.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>Those of a recipe for these views.</summary>
    public static StepOptions Of(Recipe recipe, int channels, ViewSet views) =>
        new()
        {
            Encoder = EncoderOptions.Of(recipe, channels, views.Large[0].Extent),
            Loss = new LossOptions
            {
                Temperature = recipe.Temperature,
                LabelWeight = recipe.LabelWeight,
                PredictionWeight = recipe.PredictionWeight,
                LargeViews = views.Large.Count,
                SmallViews = views.Small.Count,
                LargeViewWeight = recipe.LargeViewWeight,
            },
            Optimizer = new OptimizerOptions
            {
                Kind = recipe.Optimizer,
                Momentum = recipe.Momentum,
                WeightDecay = recipe.WeightDecay,
                TrustCoefficient = recipe.TrustCoefficient,
            },
        };

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
