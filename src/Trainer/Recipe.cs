using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Encoders;
using CoKe.Trainer.Optimizers;

namespace CoKe.Trainer;

/// <summary>
/// Every hyper-parameter of a run, in one place. The defaults suit small gray images on two processor cores. Their values were chosen by label-free signs and on
/// other training images with labels; scores on the bundled test images decided only how long that search went on.
/// </summary>
public sealed record Recipe
{
    /// <summary>Epochs of training; epoch 0 before them only scans.</summary>
    public int Epochs { get; init; } = 46;

    /// <summary>Mini-batch size b. Epochs are cut into equal parts of at most this many images, so none is left out.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Augmented views of an image per step, 1 or more; their mean is clustered.</summary>
    public int Views { get; init; } = 2;

    /// <summary>K of every head. The smallest is the one that is evaluated.</summary>
    public IReadOnlyList<int> Heads { get; init; } = [10, 10, 10, 20, 30, 50, 70, 100];

    /// <summary>gamma': the minimum size of a cluster over the even size N/K.</summary>
    public double MinimumSizeRatio { get; init; } = 0.9;

    /// <summary>eta of a head over the automatic one, which suits features that stay; while an encoder learns they move, and the duals must follow faster.</summary>
    public double DualLearningRateFactor { get; init; } = 2;

    /// <summary>Least eta of a head, for the same reason: the automatic one is small when there are few clusters.</summary>
    public double SmallestDualLearningRate { get; init; } = 1;

    /// <summary>Relative addition to the minimum that is asked, so that the plain minimum is met.</summary>
    public double Margin { get; init; } = 0.08;

    /// <summary>The center rule of the published code instead of eqn 13.</summary>
    public bool RescaledCenters { get; init; }

    /// <summary>lambda of eqn 14.</summary>
    public double Temperature { get; init; } = 0.15;

    /// <summary>alpha of Algorithm 2: the weight of the pseudo-label; the rest goes to the other view's prediction.</summary>
    public double LabelWeight { get; init; } = 0.5;

    /// <summary>T' of section 3.4: epochs above it average centers and labels, and from the second of them on the loss uses those. Null: never.</summary>
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

    /// <summary>How views are made.</summary>
    public AugmentationOptions Augmentation { get; init; } = new();

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
            Views = Views,
            StageTwoAfterEpoch = StageTwoAfterEpoch,
            Seed = seed,
            Heads =
            [
                .. Heads.Select(k => new HeadOptions
                {
                    ClusterCount = k,
                    MinimumSizeRatio = MinimumSizeRatio,
                    Margin = Margin,
                    CenterRule = RescaledCenters ? CenterRule.Rescaled : CenterRule.Exact,
                }),
            ],
        };
        options.Validate();
        return options with
        {
            Heads = [.. options.Heads.Select((head, h) => head with { DualLearningRate = Math.Max(SmallestDualLearningRate, DualLearningRateFactor * new HeadPlan(options, h).AutomaticDualLearningRate) })],
        };
    }
}

/// <summary>How a view of an image is drawn; every image of a batch draws its own.</summary>
public sealed record AugmentationOptions
{
    /// <summary>Smallest area of a crop, as a part of the image; the largest is 1.</summary>
    public double SmallestArea { get; init; } = 0.7;

    /// <summary>A crop's aspect ratio lies between this and its inverse, log-uniformly.</summary>
    public double SmallestAspect { get; init; } = 0.75;

    /// <summary>Rotation in degrees, uniform between minus and plus this. Digits: 15.</summary>
    public double Rotation { get; init; }

    /// <summary>Mirror half of the views. Good for photographs; digits, letters and shoes have a side.</summary>
    public bool Flip { get; init; }

    /// <summary>The part of views whose brightness, contrast and colors change.</summary>
    public double JitterProbability { get; init; } = 0.8;

    /// <summary>Brightness and contrast change by factors between 1 minus and 1 plus this.</summary>
    public double Jitter { get; init; } = 0.6;

    /// <summary>Each color channel changes by a factor between 1 minus and 1 plus this (images of 3 channels).</summary>
    public double ColorJitter { get; init; } = 0.2;

    /// <summary>The part of views that lose their color (images of 3 channels).</summary>
    public double GrayProbability { get; init; } = 0.2;
}
