using CoKe.Alarms;
using CoKe.Trainer.Data;
using CoKe.Trainer.Data.ImageFolders;
using CoKe.Trainer.Encoders;
using CoKe.Trainer.Optimizers;
using CoKe.Trainer.Training;
using CoKe.Trainer.Views;
using static CoKe.Trainer.Recipes.ValueKind;

namespace CoKe.Trainer.Recipes;

/// <summary>All keys of recipes, in the order in which they are written. docs/recipes.md explains them; a test compares the two.</summary>
static class RecipeKeys
{
    const int MostViews = 64,
        MostPixels = 1024,
        MostWidth = 65_536,
        LongestCompared = 200;

    public static IReadOnlyList<RecipeKey> All { get; } =
    [
        RecipeKey.Of("about.what", nameof(RecipeFile.What), Text, (RecipeFile r) => r.What, (r, v) => r with { What = v }),
        RecipeKey.Of("about.source", nameof(RecipeFile.Source), Text, (RecipeFile r) => r.Source, (r, v) => r with { Source = v }),
        RecipeKey.Of("seed", nameof(RecipeFile.Seed), Whole(0), (RecipeFile r) => r.Seed, (r, v) => r with { Seed = v }),
        RecipeKey.Of(
            "data.format",
            nameof(Recipe.Format),
            Choice(
                ("any", DataFormat.Any),
                ("idx", DataFormat.Idx),
                ("cifar-10", DataFormat.Cifar10),
                ("cifar-100", DataFormat.Cifar100),
                ("folders", DataFormat.Folders)
            ),
            (Recipe r) => r.Format,
            (r, v) => r with { Format = v }
        ),
        RecipeKey.Of("data.folder", nameof(RecipeFile.Folder), Text, (RecipeFile r) => r.Folder!, (r, v) => r with { Folder = v }),
        new(
            "data.images",
            nameof(RecipeFile.Images),
            Whole(2).Takes,
            (r, node) => Whole(2).Read(node, out var v) ? r with { Images = v } : null,
            r => r.Images
        ),
        RecipeKey.Of(
            "data.shorter-side",
            nameof(Recipe.ShorterSide),
            Whole(1, 16_384),
            r => r.ShorterSide,
            (r, v) => r with { ShorterSide = v }
        ),
        RecipeKey.Of(
            "data.unreadable-limit",
            nameof(Recipe.UnreadableLimit),
            Share,
            (Recipe r) => r.UnreadableLimit,
            (r, v) => r with { UnreadableLimit = v }
        ) with
        {
            MayChange = true,
        },
        RecipeKey.Of(
            "data.pixel-limit",
            nameof(Recipe.PixelLimit),
            Whole(1, ImageFolderOptions.MostPixels),
            (Recipe r) => r.PixelLimit,
            (r, v) => r with { PixelLimit = v }
        ),
        RecipeKey.Of(
            "data.byte-limit",
            nameof(Recipe.ByteLimit),
            Whole(1, Array.MaxLength),
            (Recipe r) => r.ByteLimit,
            (r, v) => r with { ByteLimit = v }
        ) with
        {
            MayChange = true,
        },
        RecipeKey.Of(
            "data.hold-out-every",
            nameof(Recipe.HoldOutEvery),
            Whole(2),
            r => r.HoldOutEvery,
            (r, v) => r with { HoldOutEvery = v }
        ),
        RecipeKey.Of("data.fit", nameof(Recipe.FitsImages), Flag, (Recipe r) => r.FitsImages, (r, v) => r with { FitsImages = v }),
        RecipeKey.Of(
            "views.preset",
            nameof(Recipe.ViewPreset),
            Choice([.. ViewPresets.Names.Select(name => (name, name))]),
            (Recipe r) => r.ViewPreset!,
            (r, v) => r with { ViewPreset = v }
        ),
        RecipeKey.Of("views.large", nameof(Recipe.LargeViews), Whole(1, MostViews), r => r.LargeViews, (r, v) => r with { LargeViews = v }),
        RecipeKey.Of("views.small", nameof(Recipe.SmallViews), Whole(0, MostViews), r => r.SmallViews, (r, v) => r with { SmallViews = v }),
        RecipeKey.Of(
            "views.large-size",
            nameof(Recipe.LargeViewSize),
            Whole(1, MostPixels),
            r => r.LargeViewSize,
            (r, v) => r with { LargeViewSize = v }
        ),
        RecipeKey.Of(
            "views.small-size",
            nameof(Recipe.SmallViewSize),
            Whole(1, MostPixels),
            r => r.SmallViewSize,
            (r, v) => r with { SmallViewSize = v }
        ),
        RecipeKey.Of(
            "views.smallest-area",
            nameof(Recipe.SmallestArea),
            ShareAboveZero,
            r => r.SmallestArea,
            (r, v) => r with { SmallestArea = v }
        ),
        RecipeKey.Of(
            "views.last-smallest-area",
            nameof(Recipe.LastSmallestArea),
            ShareAboveZero,
            r => r.LastSmallestArea,
            (r, v) => r with { LastSmallestArea = v }
        ),
        RecipeKey.Of("views.blur", nameof(Recipe.Blur), Share, r => r.Blur, (r, v) => r with { Blur = v }),
        RecipeKey.Of(
            "views.rotation",
            nameof(Recipe.Rotation),
            Number("degrees from 0 to 180", v => v is >= 0 and <= 180),
            r => r.Rotation,
            (r, v) => r with { Rotation = v }
        ),
        RecipeKey.Of("views.flip", nameof(Recipe.Flip), Flag, r => r.Flip, (r, v) => r with { Flip = v }),
        RecipeKey.Of(
            "encoder.backbone",
            nameof(Recipe.Backbone),
            Choice(("small-net", BackboneKind.SmallNet), ("resnet-18", BackboneKind.ResNet18), ("resnet-50", BackboneKind.ResNet50)),
            (Recipe r) => r.Backbone,
            (r, v) => r with { Backbone = v }
        ),
        RecipeKey.Of(
            "encoder.stem",
            nameof(Recipe.Stem),
            Choice(("imagenet", Stem.ImageNet), ("cifar", Stem.Cifar)),
            r => r.Stem,
            (r, v) => r with { Stem = v }
        ),
        RecipeKey.Of("encoder.width", nameof(Recipe.Width), Whole(1, 1024), (Recipe r) => r.Width, (r, v) => r with { Width = v }),
        RecipeKey.Of(
            "encoder.projection-layers",
            nameof(Recipe.ProjectionLayers),
            Whole(2, 3),
            (Recipe r) => r.ProjectionLayers,
            (r, v) => r with { ProjectionLayers = v }
        ),
        RecipeKey.Of(
            "encoder.hidden-size",
            nameof(Recipe.HiddenSize),
            Whole(1, MostWidth),
            (Recipe r) => r.HiddenSize,
            (r, v) => r with { HiddenSize = v }
        ),
        RecipeKey.Of(
            "encoder.dimension",
            nameof(Recipe.Dimension),
            Whole(2, MostWidth),
            (Recipe r) => r.Dimension,
            (r, v) => r with { Dimension = v }
        ),
        RecipeKey.Of(
            "encoder.prediction",
            nameof(Recipe.Prediction),
            Flag,
            (Recipe r) => r.Prediction,
            (r, v) => r with { Prediction = v }
        ),
        RecipeKey.Of(
            "encoder.precision",
            nameof(Recipe.Precision),
            Choice(("fp32", Precision.Fp32), ("bf16", Precision.Bf16)),
            (Recipe r) => r.Precision,
            (r, v) => r with { Precision = v }
        ),
        RecipeKey.Of("heads", nameof(Recipe.Heads), Wholes, (Recipe r) => r.Heads, (r, v) => r with { Heads = v }),
        RecipeKey.Of(
            "loss.temperature",
            nameof(Recipe.Temperature),
            Positive,
            (Recipe r) => r.Temperature,
            (r, v) => r with { Temperature = v }
        ),
        RecipeKey.Of(
            "loss.label-weight",
            nameof(Recipe.LabelWeight),
            Share,
            (Recipe r) => r.LabelWeight,
            (r, v) => r with { LabelWeight = v }
        ),
        RecipeKey.Of(
            "loss.large-view-weight",
            nameof(Recipe.LargeViewWeight),
            Share,
            (Recipe r) => r.LargeViewWeight,
            (r, v) => r with { LargeViewWeight = v }
        ),
        RecipeKey.Of(
            "loss.prediction-weight",
            nameof(Recipe.PredictionWeight),
            ShareAboveZero,
            (Recipe r) => r.PredictionWeight,
            (r, v) => r with { PredictionWeight = v }
        ),
        RecipeKey.Of(
            "optimizer.kind",
            nameof(OptimizerOptions.Kind),
            Choice(("sgd", OptimizerKind.Sgd), ("lars", OptimizerKind.Lars)),
            (Recipe r) => r.Optimizer,
            (r, v) => r with { Optimizer = v }
        ),
        RecipeKey.Of("optimizer.momentum", nameof(Recipe.Momentum), BelowOne, (Recipe r) => r.Momentum, (r, v) => r with { Momentum = v }),
        RecipeKey.Of(
            "optimizer.weight-decay",
            nameof(Recipe.WeightDecay),
            BelowOne,
            (Recipe r) => r.WeightDecay,
            (r, v) => r with { WeightDecay = v }
        ),
        RecipeKey.Of(
            "optimizer.trust-coefficient",
            nameof(Recipe.TrustCoefficient),
            ShareAboveZero,
            (Recipe r) => r.TrustCoefficient,
            (r, v) => r with { TrustCoefficient = v }
        ),
        RecipeKey.Of("schedule.epochs", nameof(Recipe.Epochs), Whole(1), (Recipe r) => r.Epochs, (r, v) => r with { Epochs = v }),
        RecipeKey.Of(
            "schedule.batch-size",
            nameof(Recipe.BatchSize),
            Whole(2),
            (Recipe r) => r.BatchSize,
            (r, v) => r with { BatchSize = v }
        ),
        RecipeKey.Of(
            "schedule.learning-rate",
            nameof(Recipe.LearningRate),
            Positive,
            (Recipe r) => r.LearningRate,
            (r, v) => r with { LearningRate = v }
        ),
        RecipeKey.Of(
            "schedule.warm-up-epochs",
            nameof(Recipe.WarmUpEpochs),
            NotNegative,
            (Recipe r) => r.WarmUpEpochs,
            (r, v) => r with { WarmUpEpochs = v }
        ),
        RecipeKey.Of(
            "clustering.minimum-size-ratio",
            nameof(Recipe.MinimumSizeRatio),
            Share,
            (Recipe r) => r.MinimumSizeRatio,
            (r, v) => r with { MinimumSizeRatio = v }
        ),
        RecipeKey.Of("clustering.margin", nameof(Recipe.Margin), NotNegative, (Recipe r) => r.Margin, (r, v) => r with { Margin = v }),
        RecipeKey.Of(
            "clustering.dual-learning-rate",
            nameof(Recipe.DualLearningRate),
            Positive,
            r => r.DualLearningRate,
            (r, v) => r with { DualLearningRate = v }
        ),
        RecipeKey.Of(
            "clustering.dual-learning-rate-factor",
            nameof(Recipe.DualLearningRateFactor),
            Positive,
            (Recipe r) => r.DualLearningRateFactor,
            (r, v) => r with { DualLearningRateFactor = v }
        ),
        RecipeKey.Of(
            "clustering.smallest-dual-learning-rate",
            nameof(Recipe.SmallestDualLearningRate),
            NotNegative,
            (Recipe r) => r.SmallestDualLearningRate,
            (r, v) => r with { SmallestDualLearningRate = v }
        ),
        RecipeKey.Of(
            "clustering.center-rule",
            nameof(Recipe.RescaledCenters),
            Choice(("exact", false), ("rescaled", true)),
            (Recipe r) => r.RescaledCenters,
            (r, v) => r with { RescaledCenters = v }
        ),
        RecipeKey.Of(
            "clustering.center-schedule",
            nameof(Recipe.CentersByEpoch),
            Choice(("batch", false), ("epoch", true)),
            (Recipe r) => r.CentersByEpoch,
            (r, v) => r with { CentersByEpoch = v }
        ),
        RecipeKey.Of(
            "clustering.stage-two-after-epoch",
            nameof(Recipe.StageTwoAfterEpoch),
            Whole(0),
            r => r.StageTwoAfterEpoch,
            (r, v) => r with { StageTwoAfterEpoch = v }
        ),
        RecipeKey.Of(
            "clustering.labels",
            nameof(Recipe.Labels),
            Choice(("last", TargetEpoch.Last), ("current", TargetEpoch.Current)),
            (Recipe r) => r.Labels,
            (r, v) => r with { Labels = v }
        ),
        RecipeKey.Of(
            "clustering.centers",
            nameof(Recipe.Centers),
            Choice(("last", TargetEpoch.Last), ("current", TargetEpoch.Current)),
            (Recipe r) => r.Centers,
            (r, v) => r with { Centers = v }
        ),
        RecipeKey.Of(
            "evaluation.classes",
            nameof(Recipe.Classes),
            Choice(("fine", ClassLevel.Fine), ("coarse", ClassLevel.Coarse)),
            (Recipe r) => r.Classes,
            (r, v) => r with { Classes = v }
        ) with
        {
            MayChange = true,
        },
        RecipeKey.Of(
            "evaluation.train-images",
            nameof(Recipe.EvaluationImages),
            Whole(2),
            r => r.EvaluationImages,
            (r, v) => r with { EvaluationImages = v }
        ) with
        {
            MayChange = true,
        },
        RecipeKey.Of(
            "evaluation.every",
            nameof(Recipe.EvaluateEvery),
            Whole(1),
            r => r.EvaluateEvery,
            (r, v) => r with { EvaluateEvery = v }
        ) with
        {
            MayChange = true,
        },
        RecipeKey.Of(
            "alarms.after-epoch",
            nameof(AlarmLimits.AfterEpoch),
            Whole(0),
            (Recipe r) => r.Alarms.AfterEpoch,
            (r, v) => r with { Alarms = r.Alarms with { AfterEpoch = v, EmbeddingsAfterEpoch = v } }
        ) with
        {
            MayChange = true,
        },
        RecipeKey.Of(
            "alarms.spread",
            nameof(AlarmLimits.Spread),
            Share,
            (Recipe r) => r.Alarms.Spread,
            (r, v) => r with { Alarms = r.Alarms with { Spread = v } }
        ) with
        {
            MayChange = true,
        },
        RecipeKey.Of(
            "alarms.label-agreement",
            nameof(AlarmLimits.LabelAgreement),
            Share,
            (Recipe r) => r.Alarms.LabelAgreement,
            (r, v) => r with { Alarms = r.Alarms with { LabelAgreement = v } }
        ) with
        {
            MayChange = true,
        },
        RecipeKey.Of(
            "alarms.lack-of-minimum",
            nameof(AlarmLimits.LackOfMinimum),
            Share,
            (Recipe r) => r.Alarms.LackOfMinimum,
            (r, v) => r with { Alarms = r.Alarms with { LackOfMinimum = v } }
        ) with
        {
            MayChange = true,
        },
        RecipeKey.Of(
            "alarms.loss-of-chance",
            nameof(AlarmLimits.LossOfChance),
            Positive,
            (Recipe r) => r.Alarms.LossOfChance,
            (r, v) => r with { Alarms = r.Alarms with { LossOfChance = v } }
        ) with
        {
            MayChange = true,
        },
        RecipeKey.Of(
            "report.labels",
            nameof(Recipe.WritesLabels),
            Flag,
            (Recipe r) => r.WritesLabels,
            (r, v) => r with { WritesLabels = v }
        ) with
        {
            MayChange = true,
        },
        RecipeKey.Of(
            "machine.device",
            nameof(RecipeFile.Device),
            Choice(("cpu", "cpu"), ("cuda", "cuda")),
            (RecipeFile r) => r.Device,
            (r, v) => r with { Device = v }
        ),
        RecipeKey.Of(
            "machine.threads",
            nameof(RecipeFile.Threads),
            Whole(1, 1024),
            (RecipeFile r) => r.Threads,
            (r, v) => r with { Threads = v }
        ),
    ];

    static readonly Dictionary<string, RecipeKey> ByName = All.ToDictionary(key => key.Name);

    /// <summary>The key of this name; null: there is none.</summary>
    public static RecipeKey? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Whether keys lie below this name.</summary>
    public static bool IsSection(string name) =>
        All.Any(key =>
            key.Name.Length > name.Length && key.Name[name.Length] == '.' && key.Name.StartsWith(name, StringComparison.Ordinal)
        );

    /// <summary>The key that was probably meant.</summary>
    public static string Nearest(string name)
    {
        // What is longer than every key by this much is near to none, and comparing takes memory for every letter.
        var start = name.Length > LongestCompared ? name[..LongestCompared] : name;
        return All.MinBy(key => Math.Min(Distance(key.Name, start), 1 + Distance(Last(key.Name), Last(start))))!.Name;
    }

    static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];

    /// <summary>Levenshtein's: letters to insert, delete or replace. Underscores and case count for nothing.</summary>
    static int Distance(string a, string b)
    {
        b = b.Replace('_', '-').ToLowerInvariant();
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }
        return row[^1];
    }
}
