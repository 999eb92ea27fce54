using CoKe.Alarms;
using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Data;
using CoKe.Trainer.Encoders;
using CoKe.Trainer.Optimizers;
using CoKe.Trainer.Training;
using CoKe.Trainer.Views;

namespace CoKe.Trainer;

/// <summary>
/// Every hyper-parameter of a run, in one place. The defaults suit small gray images on two processor cores. Their values were chosen by
/// label-free signs and on other training images with labels; what test scores had a part in is told in docs/results.md.
/// </summary>
public sealed record Recipe
{
    /// <summary>Epochs of training; epoch 0 before them only scans.</summary>
    public int Epochs { get; init; } = 48;

    /// <summary>Mini-batch size b. Epochs are cut into equal parts of at most this many images, so none is left out.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>K of every head. The smallest is the one that is evaluated.</summary>
    public IReadOnlyList<int> Heads { get; init; } = [10, 10, 10, 20, 30, 50, 70, 100];

    /// <summary>gamma': the minimum size of a cluster over the even size N/K.</summary>
    public double MinimumSizeRatio { get; init; } = 0.9;

    /// <summary>eta of every head. Null: by <see cref="DualLearningRateFactor"/> and <see cref="SmallestDualLearningRate"/>.</summary>
    public double? DualLearningRate { get; init; }

    /// <summary>eta of a head over the automatic one, which suits features that stay; while an encoder learns they move, and the duals must
    /// follow faster.</summary>
    public double DualLearningRateFactor { get; init; } = 2;

    /// <summary>Least eta of a head, for the same reason: the automatic one is small when there are few clusters.</summary>
    public double SmallestDualLearningRate { get; init; } = 1;

    /// <summary>Relative addition to the minimum that is asked, so that the plain minimum is met.</summary>
    public double Margin { get; init; } = 0.08;

    /// <summary>The center rule of the published code instead of eqn 13.</summary>
    public bool RescaledCenters { get; init; }

    /// <summary>Centers move once, at the end of an epoch (eqn 12), not after every mini-batch (eqn 13).</summary>
    public bool CentersByEpoch { get; init; }

    /// <summary>Whose labels an image is classified by.</summary>
    public TargetEpoch Labels { get; init; }

    /// <summary>Whose centers an image is classified with.</summary>
    public TargetEpoch Centers { get; init; }

    /// <summary>lambda of eqn 14.</summary>
    public double Temperature { get; init; } = 0.15;

    /// <summary>alpha of Algorithm 2: the weight of the pseudo-label; the rest goes to the other view's prediction.</summary>
    public double LabelWeight { get; init; } = 0.5;

    /// <summary>T' of section 3.4: epochs above it average centers and labels, and from the second of them on the loss uses those. Null:
    /// never.</summary>
    public int? StageTwoAfterEpoch { get; init; }

    /// <summary>What turns an image into features.</summary>
    public BackboneKind Backbone { get; init; } = BackboneKind.SmallNet;

    /// <summary>How a ResNet begins; the small net has none.</summary>
    public Stem? Stem { get; init; }

    /// <summary>Channels of the first convolution; the others are multiples.</summary>
    public int Width { get; init; } = 16;

    /// <summary>Linear layers of the projection, 2 or 3.</summary>
    public int ProjectionLayers { get; init; } = 2;

    /// <summary>Two more linear layers on top of the projection (B.2.4).</summary>
    public bool Prediction { get; init; }

    /// <summary>beta of B.2.4: the weight of the prediction's loss; the rest is for the projection's.</summary>
    public double PredictionWeight { get; init; } = 0.5;

    /// <summary>In what numbers convolutions and linear layers compute.</summary>
    public Precision Precision { get; init; }

    /// <summary>Largest hidden layer of the projection.</summary>
    public int HiddenSize { get; init; } = 256;

    /// <summary>d: the dimension of an embedding.</summary>
    public int Dimension { get; init; } = 128;

    /// <summary>The learning rate after warm-up.</summary>
    public double LearningRate { get; init; } = 0.1;

    /// <summary>How parameters move.</summary>
    public OptimizerKind Optimizer { get; init; }

    /// <summary>Momentum.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>L2 penalty: on every parameter with SGD, on those of two dimensions and more with LARS.</summary>
    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>The length of a LARS step over that of the weight, at rate 1; of no effect with SGD.</summary>
    public double TrustCoefficient { get; init; } = 0.001;

    /// <summary>Epochs over which the learning rate rises from 0; a cosine falls to 0 over the rest.</summary>
    public double WarmUpEpochs { get; init; } = 1;

    /// <summary>How views are drawn, a name of <see cref="ViewPresets"/>. Null: small-gray for gray images, small-color for
    /// others.</summary>
    public string? ViewPreset { get; init; }

    /// <summary>Views of an image per step whose mean is clustered, 1 or more: those of the preset over and over. Null: as many as it
    /// has.</summary>
    public int? LargeViews { get; init; }

    /// <summary>Smaller views that only learn (multi-crop), from a preset that has some. Null: as many as it has.</summary>
    public int? SmallViews { get; init; }

    /// <summary>Rows and columns of large views, in pixels. Null: those of the images if they are all of one size, else the
    /// preset's.</summary>
    public int? LargeViewSize { get; init; }

    /// <summary>Rows and columns of small views, in pixels. Null: in proportion to the large ones as in the preset.</summary>
    public int? SmallViewSize { get; init; }

    /// <summary>w of multi-crop: the weight of the mean loss of large views; the rest is for that of small ones.</summary>
    public double LargeViewWeight { get; init; } = 0.5;

    /// <summary>Smallest area of a large view, as a part of the image. Null: the preset's.</summary>
    public double? SmallestArea { get; init; }

    /// <summary>What the smallest area has become after half of the epochs, along a straight line; above 0 to 1. Null: it stays, or as the
    /// preset where the smallest area is the preset's too.</summary>
    public double? LastSmallestArea { get; init; }

    /// <summary>The part of views that are blurred, 0 to 1. Null: as the preset.</summary>
    public double? Blur { get; init; }

    /// <summary>Rotate views by up to so many degrees; 15 suits digits. Null: as the preset.</summary>
    public double? Rotation { get; init; }

    /// <summary>Mirror half of the views, or none. Good for photographs; digits, letters and shoes have a side. Null: as the
    /// preset.</summary>
    public bool? Flip { get; init; }

    /// <summary>What kind of images the recipe is for.</summary>
    public DataFormat Format { get; init; }

    /// <summary>JPEG files are decoded at a part of their size while the shorter side keeps so many pixels. Null: at full size.</summary>
    public int? ShorterSide { get; init; }

    /// <summary>Hold out every so-manieth image of a folder of images, for evaluation alone. Null: none.</summary>
    public int? HoldOutEvery { get; init; }

    /// <summary>Whether what is not given follows from number and size of the images, see <see cref="Recipes.RecipeFit"/>.</summary>
    public bool FitsImages { get; init; }

    /// <summary>Whether a run writes the clusters of every image into a table, labels.csv.</summary>
    public bool WritesLabels { get; init; }

    /// <summary>The part of the files in an image folder that may be unreadable.</summary>
    public double UnreadableLimit { get; init; } = 0.01;

    /// <summary>The most pixels that an image of an image folder may decode to: a small file may declare gigabytes.</summary>
    public int PixelLimit { get; init; } = 1 << 26;

    /// <summary>The most bytes that images in memory may take, of training and test images each.</summary>
    public int ByteLimit { get; init; } = IdxFile.DefaultLimit;

    /// <summary>Which classes evaluation reads, where there are two levels of them.</summary>
    public ClassLevel Classes { get; init; }

    /// <summary>Training images, spread evenly over the ids, that evaluation takes features of: for the probe, the neighbors and the
    /// pictures. Null: all.</summary>
    public int? EvaluationImages { get; init; }

    /// <summary>Every how many epochs the classes are asked how it goes, the scan among them; nothing is chosen by the answer. Null: never,
    /// which is the rule.</summary>
    public int? EvaluateEvery { get; init; }

    /// <summary>From where on something is alarming; no number of a run depends on it.</summary>
    public AlarmLimits Alarms { get; init; } = new();

    /// <summary>Whether the loss waits for the clustering of its own mini-batch.</summary>
    internal bool IsSynchronous => Labels == TargetEpoch.Current || Centers == TargetEpoch.Current;

    /// <summary>What the silo is asked to cluster.</summary>
    /// <param name="imageCount">N.</param>
    /// <param name="seed">Of the initial centers.</param>
    public ClusteringOptions Clustering(int imageCount, int seed)
    {
        var options = new ClusteringOptions
        {
            ImageCount = imageCount,
            Dimension = Dimension,
            BatchSize = BatchSize,
            Views = RecipeViews.LargeCount(this),
            StageTwoAfterEpoch = StageTwoAfterEpoch,
            Seed = seed,
            Heads =
            [
                .. Heads.Select(k => new HeadOptions
                {
                    ClusterCount = k,
                    MinimumSizeRatio = MinimumSizeRatio,
                    Margin = Margin,
                    DualLearningRate = DualLearningRate,
                    CenterRule = RescaledCenters ? CenterRule.Rescaled : CenterRule.Exact,
                    CenterSchedule = CentersByEpoch ? CenterSchedule.Epoch : CenterSchedule.Batch,
                }),
            ],
        };
        options.Validate();
        if (DualLearningRate is not null)
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
                                SmallestDualLearningRate,
                                DualLearningRateFactor * new HeadPlan(options, h).AutomaticDualLearningRate
                            ),
                        }
                ),
            ],
        };
    }
}
