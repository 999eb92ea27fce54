using CoKe.Learning.Encoders;
using CoKe.Learning.Optimizers;
using CoKe.Learning.Training;
using static CoKe.Trainer.Recipes.ValueKind;

namespace CoKe.Trainer.Recipes;

/// <summary>What learns, and from what.</summary>
static class EncoderKeys
{
    const int MostWidth = 65_536;

    static readonly RecipeSection<EncoderSection> Encoder = new("encoder", r => r.Encoder, (r, s) => r with { Encoder = s });
    static readonly RecipeSection<LossSection> Loss = new("loss", r => r.Loss, (r, s) => r with { Loss = s });
    static readonly RecipeSection<OptimizerOptions> Optimizer = new("optimizer", r => r.Optimizer, (r, s) => r with { Optimizer = s });
    static readonly RecipeSection<ScheduleOptions> Schedule = new("schedule", r => r.Schedule, (r, s) => r with { Schedule = s });

    /// <summary>In the order in which they are written.</summary>
    public static IReadOnlyList<RecipeKey> All { get; } =
    [
        Encoder.Key(
            "backbone",
            nameof(EncoderSection.Backbone),
            Choice(("small-net", BackboneKind.SmallNet), ("resnet-18", BackboneKind.ResNet18), ("resnet-50", BackboneKind.ResNet50)),
            s => s.Backbone,
            (s, v) => s with { Backbone = v }
        ),
        Encoder.Optional(
            "stem",
            nameof(EncoderSection.Stem),
            Choice(("imagenet", Stem.ImageNet), ("cifar", Stem.Cifar)),
            s => s.Stem,
            (s, v) => s with { Stem = v }
        ),
        Encoder.Key("width", nameof(EncoderSection.Width), Whole(1, 1024), s => s.Width, (s, v) => s with { Width = v }),
        Encoder.Key(
            "projection-layers",
            nameof(EncoderSection.ProjectionLayers),
            Whole(2, 3),
            s => s.ProjectionLayers,
            (s, v) => s with { ProjectionLayers = v }
        ),
        Encoder.Key(
            "hidden-size",
            nameof(EncoderSection.HiddenSize),
            Whole(1, MostWidth),
            s => s.HiddenSize,
            (s, v) => s with { HiddenSize = v }
        ),
        Encoder.Key(
            "dimension",
            nameof(EncoderSection.Dimension),
            Whole(2, MostWidth),
            s => s.Dimension,
            (s, v) => s with { Dimension = v }
        ),
        Encoder.Key("prediction", nameof(EncoderSection.Prediction), Flag, s => s.Prediction, (s, v) => s with { Prediction = v }),
        Encoder.Key(
            "precision",
            nameof(EncoderSection.Precision),
            Choice(("fp32", Precision.Fp32), ("bf16", Precision.Bf16)),
            s => s.Precision,
            (s, v) => s with { Precision = v }
        ),
        RecipeKey.Of("heads", nameof(Recipe.Heads), Wholes, (Recipe r) => r.Heads, (r, v) => r with { Heads = v }),
        Loss.Key("temperature", nameof(LossSection.Temperature), Positive, s => s.Temperature, (s, v) => s with { Temperature = v }),
        Loss.Key("label-weight", nameof(LossSection.LabelWeight), Share, s => s.LabelWeight, (s, v) => s with { LabelWeight = v }),
        Loss.Key(
            "large-view-weight",
            nameof(LossSection.LargeViewWeight),
            Share,
            s => s.LargeViewWeight,
            (s, v) => s with { LargeViewWeight = v }
        ),
        Loss.Key(
            "prediction-weight",
            nameof(LossSection.PredictionWeight),
            ShareAboveZero,
            s => s.PredictionWeight,
            (s, v) => s with { PredictionWeight = v }
        ),
        Optimizer.Key(
            "kind",
            nameof(OptimizerOptions.Kind),
            Choice(("sgd", OptimizerKind.Sgd), ("lars", OptimizerKind.Lars)),
            s => s.Kind,
            (s, v) => s with { Kind = v }
        ),
        Optimizer.Key("momentum", nameof(OptimizerOptions.Momentum), BelowOne, s => s.Momentum, (s, v) => s with { Momentum = v }),
        Optimizer.Key(
            "weight-decay",
            nameof(OptimizerOptions.WeightDecay),
            BelowOne,
            s => s.WeightDecay,
            (s, v) => s with { WeightDecay = v }
        ),
        Optimizer.Key(
            "trust-coefficient",
            nameof(OptimizerOptions.TrustCoefficient),
            ShareAboveZero,
            s => s.TrustCoefficient,
            (s, v) => s with { TrustCoefficient = v }
        ),
        Schedule.Key("epochs", nameof(ScheduleOptions.Epochs), Whole(1), s => s.Epochs, (s, v) => s with { Epochs = v }),
        Schedule.Key("batch-size", nameof(ScheduleOptions.BatchSize), Whole(2), s => s.BatchSize, (s, v) => s with { BatchSize = v }),
        Schedule.Key(
            "learning-rate",
            nameof(ScheduleOptions.LearningRate),
            Positive,
            s => s.LearningRate,
            (s, v) => s with { LearningRate = v }
        ),
        Schedule.Key(
            "warm-up-epochs",
            nameof(ScheduleOptions.WarmUpEpochs),
            NotNegative,
            s => s.WarmUpEpochs,
            (s, v) => s with { WarmUpEpochs = v }
        ),
    ];
}
