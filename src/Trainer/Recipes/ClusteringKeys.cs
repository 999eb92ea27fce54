using CoKe.Alarms;
using CoKe.Learning.Data;
using CoKe.Learning.Training;
using static CoKe.Trainer.Recipes.ValueKind;

namespace CoKe.Trainer.Recipes;

/// <summary>What the silos are asked for, and what is told of it.</summary>
static class ClusteringKeys
{
    static readonly RecipeSection<ClusteringSection> Clustering = new("clustering", r => r.Clustering, (r, s) => r with { Clustering = s });
    static readonly RecipeSection<EvaluationSection> Evaluation = new("evaluation", r => r.Evaluation, (r, s) => r with { Evaluation = s });
    static readonly RecipeSection<AlarmLimits> Alarms = new("alarms", r => r.Alarms, (r, s) => r with { Alarms = s });
    static readonly RecipeSection<ReportSection> Report = new("report", r => r.Report, (r, s) => r with { Report = s });

    /// <summary>In the order in which they are written.</summary>
    public static IReadOnlyList<RecipeKey> All { get; } =
    [
        Clustering.Key(
            "minimum-size-ratio",
            nameof(ClusteringSection.MinimumSizeRatio),
            Share,
            s => s.MinimumSizeRatio,
            (s, v) => s with { MinimumSizeRatio = v }
        ),
        Clustering.Key("margin", nameof(ClusteringSection.Margin), NotNegative, s => s.Margin, (s, v) => s with { Margin = v }),
        Clustering.Optional(
            "dual-learning-rate",
            nameof(ClusteringSection.DualLearningRate),
            Positive,
            s => s.DualLearningRate,
            (s, v) => s with { DualLearningRate = v }
        ),
        Clustering.Key(
            "dual-learning-rate-factor",
            nameof(ClusteringSection.DualLearningRateFactor),
            Positive,
            s => s.DualLearningRateFactor,
            (s, v) => s with { DualLearningRateFactor = v }
        ),
        Clustering.Key(
            "smallest-dual-learning-rate",
            nameof(ClusteringSection.SmallestDualLearningRate),
            NotNegative,
            s => s.SmallestDualLearningRate,
            (s, v) => s with { SmallestDualLearningRate = v }
        ),
        Clustering.Key(
            "center-rule",
            nameof(ClusteringSection.RescaledCenters),
            Choice(("exact", false), ("rescaled", true)),
            s => s.RescaledCenters,
            (s, v) => s with { RescaledCenters = v }
        ),
        Clustering.Key(
            "center-schedule",
            nameof(ClusteringSection.CentersByEpoch),
            Choice(("batch", false), ("epoch", true)),
            s => s.CentersByEpoch,
            (s, v) => s with { CentersByEpoch = v }
        ),
        Clustering.Optional(
            "stage-two-after-epoch",
            nameof(ClusteringSection.StageTwoAfterEpoch),
            Whole(0),
            s => s.StageTwoAfterEpoch,
            (s, v) => s with { StageTwoAfterEpoch = v }
        ),
        Clustering.Key(
            "labels",
            nameof(ClusteringSection.Labels),
            Choice(("last", TargetEpoch.Last), ("current", TargetEpoch.Current)),
            s => s.Labels,
            (s, v) => s with { Labels = v }
        ),
        Clustering.Key(
            "centers",
            nameof(ClusteringSection.Centers),
            Choice(("last", TargetEpoch.Last), ("current", TargetEpoch.Current)),
            s => s.Centers,
            (s, v) => s with { Centers = v }
        ),
        Evaluation.Key(
            "classes",
            nameof(EvaluationSection.Classes),
            Choice(("fine", ClassLevel.Fine), ("coarse", ClassLevel.Coarse)),
            s => s.Classes,
            (s, v) => s with { Classes = v },
            mayChange: true
        ),
        Evaluation.Optional(
            "train-images",
            nameof(EvaluationSection.EvaluationImages),
            Whole(2),
            s => s.EvaluationImages,
            (s, v) => s with { EvaluationImages = v },
            mayChange: true
        ),
        Evaluation.Optional(
            "every",
            nameof(EvaluationSection.EvaluateEvery),
            Whole(1),
            s => s.EvaluateEvery,
            (s, v) => s with { EvaluateEvery = v },
            mayChange: true
        ),
        Alarms.Key(
            "after-epoch",
            nameof(AlarmLimits.AfterEpoch),
            Whole(0),
            s => s.AfterEpoch,
            (s, v) => s with { AfterEpoch = v, EmbeddingsAfterEpoch = v },
            mayChange: true
        ),
        Alarms.Key("spread", nameof(AlarmLimits.Spread), Share, s => s.Spread, (s, v) => s with { Spread = v }, mayChange: true),
        Alarms.Key(
            "label-agreement",
            nameof(AlarmLimits.LabelAgreement),
            Share,
            s => s.LabelAgreement,
            (s, v) => s with { LabelAgreement = v },
            mayChange: true
        ),
        Alarms.Key(
            "lack-of-minimum",
            nameof(AlarmLimits.LackOfMinimum),
            Share,
            s => s.LackOfMinimum,
            (s, v) => s with { LackOfMinimum = v },
            mayChange: true
        ),
        Alarms.Key(
            "loss-of-chance",
            nameof(AlarmLimits.LossOfChance),
            Positive,
            s => s.LossOfChance,
            (s, v) => s with { LossOfChance = v },
            mayChange: true
        ),
        Report.Key(
            "labels",
            nameof(ReportSection.WritesLabels),
            Flag,
            s => s.WritesLabels,
            (s, v) => s with { WritesLabels = v },
            mayChange: true
        ),
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
}
