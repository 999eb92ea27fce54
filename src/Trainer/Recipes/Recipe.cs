using CoKe.Alarms;
using CoKe.ConstrainedKMeans;
using CoKe.Learning.Data;
using CoKe.Learning.Images;
using CoKe.Learning.Losses;
using CoKe.Learning.Optimizers;
using CoKe.Learning.Training;

namespace CoKe.Trainer.Recipes;

/// <summary>
/// Every hyper-parameter of a run, by the sections of its file. What a file does not say is as in recipes/defaults.yaml
/// (<see cref="RecipeDefaults"/>); what is not there either is off, or left to the images.
/// </summary>
public sealed record Recipe
{
    /// <summary>K of every head. The smallest is the one that is evaluated.</summary>
    public IReadOnlyList<int> Heads { get; init; } = [];

    /// <inheritdoc cref="DataOptions"/>
    public DataOptions Data { get; init; } = new();

    /// <inheritdoc cref="ViewsSection"/>
    public ViewsSection Views { get; init; } = new();

    /// <inheritdoc cref="EncoderSection"/>
    public EncoderSection Encoder { get; init; } = new();

    /// <inheritdoc cref="LossSection"/>
    public LossSection Loss { get; init; } = new();

    /// <summary>How parameters move.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <inheritdoc cref="ScheduleOptions"/>
    public ScheduleOptions Schedule { get; init; } = new();

    /// <inheritdoc cref="ClusteringSection"/>
    public ClusteringSection Clustering { get; init; } = new();

    /// <inheritdoc cref="EvaluationSection"/>
    public EvaluationSection Evaluation { get; init; } = new();

    /// <summary>From where on something is alarming; no number of a run depends on it.</summary>
    public AlarmLimits Alarms { get; init; } = new();

    /// <inheritdoc cref="ReportSection"/>
    public ReportSection Report { get; init; } = new();

    /// <summary>What learns from images.</summary>
    /// <param name="channels">Of an image.</param>
    /// <param name="imageSize">Of every image; null where they differ.</param>
    /// <exception cref="CoKe.Errors.InvalidOptionsException">Options that are out of range or do not go together; names the option, its
    /// value and the remedy.</exception>
    public LearnerOptions LearnerOf(int channels, ImageSize? imageSize)
    {
        var views = RecipeViews.Of(this, channels, imageSize);
        var extent = views.Large[0].Extent;
        var options = new LearnerOptions(
            views,
            new StepOptions
            {
                Encoder = Encoder.Options(channels, extent),
                Loss = new LossOptions
                {
                    Temperature = Loss.Temperature,
                    LabelWeight = Loss.LabelWeight,
                    PredictionWeight = Loss.PredictionWeight,
                    LargeViews = views.Large.Count,
                    SmallViews = views.Small.Count,
                    LargeViewWeight = Loss.LargeViewWeight,
                },
                Optimizer = Optimizer,
            },
            Schedule
        );
        options.Validate();
        return options;
    }

    /// <summary>What the silo is asked to cluster.</summary>
    /// <param name="imageCount">N.</param>
    /// <param name="seed">Of the initial centers.</param>
    public ClusteringOptions ClusteringOf(int imageCount, int seed)
    {
        var options = new ClusteringOptions
        {
            ImageCount = imageCount,
            Dimension = Encoder.Dimension,
            BatchSize = Schedule.BatchSize,
            Views = RecipeViews.LargeCount(this),
            StageTwoAfterEpoch = Clustering.StageTwoAfterEpoch,
            Seed = seed,
            Heads =
            [
                .. Heads.Select(k => new HeadOptions
                {
                    ClusterCount = k,
                    MinimumSizeRatio = Clustering.MinimumSizeRatio,
                    Margin = Clustering.Margin,
                    DualLearningRate = Clustering.DualLearningRate,
                    CenterRule = Clustering.RescaledCenters ? CenterRule.Rescaled : CenterRule.Exact,
                    CenterSchedule = Clustering.CentersByEpoch ? CenterSchedule.Epoch : CenterSchedule.Batch,
                }),
            ],
        };
        options.Validate();
        if (Clustering.DualLearningRate is not null)
            return options;
        return options with
        {
            Heads =
            [
                .. options.Heads.Select(
                    (head, h) =>
                        head with
                        {
                            DualLearningRate = Math.Max(
                                Clustering.SmallestDualLearningRate,
                                Clustering.DualLearningRateFactor * new HeadPlan(options, h).AutomaticDualLearningRate
                            ),
                        }
                ),
            ],
        };
    }
}
