using CoKe.Learning.Data;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Training;
using CoKe.Learning.Views;

namespace CoKe.Trainer.Recipes;

/// <summary>How views are drawn; what is null is as in the preset.</summary>
public sealed record ViewsSection
{
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
}

/// <summary>What turns an image into an embedding.</summary>
public sealed record EncoderSection
{
    /// <summary>What turns an image into features.</summary>
    public BackboneKind Backbone { get; init; }

    /// <summary>How a ResNet begins; the small net has none.</summary>
    public Stem? Stem { get; init; }

    /// <summary>Channels of the first convolution; the others are multiples.</summary>
    public int Width { get; init; }

    /// <summary>Linear layers of the projection, 2 or 3.</summary>
    public int ProjectionLayers { get; init; }

    /// <summary>Largest hidden layer of the projection.</summary>
    public int HiddenSize { get; init; }

    /// <summary>d: the dimension of an embedding.</summary>
    public int Dimension { get; init; }

    /// <summary>Two more linear layers on top of the projection (B.2.4).</summary>
    public bool Prediction { get; init; }

    /// <summary>In what numbers convolutions and linear layers compute.</summary>
    public Precision Precision { get; init; }

    /// <summary>The encoder of images of this shape.</summary>
    internal EncoderOptions Options(int channels, ImageSize size) =>
        new()
        {
            Backbone = Backbone,
            BaseWidth = Width,
            Stem = Stem,
            ProjectionLayers = ProjectionLayers,
            Prediction = Prediction,
            Precision = Precision,
            HiddenSize = HiddenSize,
            Dimension = Dimension,
            Channels = channels,
            ImageHeight = size.Height,
            ImageWidth = size.Width,
        };
}

/// <summary>What the loss weighs (eqns 14 and 15, Algorithm 2).</summary>
public sealed record LossSection
{
    /// <summary>lambda of eqn 14.</summary>
    public double Temperature { get; init; }

    /// <summary>alpha of Algorithm 2: the weight of the pseudo-label; the rest goes to the other view's prediction.</summary>
    public double LabelWeight { get; init; }

    /// <summary>w of multi-crop: the weight of the mean loss of large views; the rest is for that of small ones. Of no effect without
    /// those.</summary>
    public double LargeViewWeight { get; init; }

    /// <summary>beta of B.2.4: the weight of the prediction's loss; the rest is for the projection's. Of no effect without one.</summary>
    public double PredictionWeight { get; init; }
}

/// <summary>What the silos are asked for, and which epoch the targets are of.</summary>
public sealed record ClusteringSection
{
    /// <summary>gamma': the minimum size of a cluster over the even size N/K.</summary>
    public double MinimumSizeRatio { get; init; }

    /// <summary>Relative addition to the minimum that is asked, so that the plain minimum is met.</summary>
    public double Margin { get; init; }

    /// <summary>eta of every head. Null: by <see cref="DualLearningRateFactor"/> and <see cref="SmallestDualLearningRate"/>.</summary>
    public double? DualLearningRate { get; init; }

    /// <summary>eta of a head over the automatic one, which suits features that stay; while an encoder learns they move, and the duals must
    /// follow faster.</summary>
    public double DualLearningRateFactor { get; init; }

    /// <summary>Least eta of a head, for the same reason: the automatic one is small when there are few clusters.</summary>
    public double SmallestDualLearningRate { get; init; }

    /// <summary>The center rule of the published code instead of eqn 13.</summary>
    public bool RescaledCenters { get; init; }

    /// <summary>Centers move once, at the end of an epoch (eqn 12), not after every mini-batch (eqn 13).</summary>
    public bool CentersByEpoch { get; init; }

    /// <summary>T' of section 3.4: epochs above it average centers and labels, and from the second of them on the loss uses those. Null:
    /// never.</summary>
    public int? StageTwoAfterEpoch { get; init; }

    /// <summary>Whose labels an image is classified by.</summary>
    public TargetEpoch Labels { get; init; }

    /// <summary>Whose centers an image is classified with.</summary>
    public TargetEpoch Centers { get; init; }

    /// <summary>Whose labels an image is classified by, and with whose centers.</summary>
    internal TargetOptions Targets => new(Labels, Centers);
}

/// <summary>What is measured with true classes; nothing that is learned depends on it.</summary>
public sealed record EvaluationSection
{
    /// <summary>Which classes evaluation reads, where there are two levels of them.</summary>
    public ClassLevel Classes { get; init; }

    /// <summary>Training images, spread evenly over the ids, that evaluation takes features of: for the probe, the neighbors and the
    /// pictures. Null: all.</summary>
    public int? EvaluationImages { get; init; }

    /// <summary>Every how many epochs the classes are asked how it goes, the scan among them; nothing is chosen by the answer. Null: never,
    /// which is the rule.</summary>
    public int? EvaluateEvery { get; init; }
}

/// <summary>What a run leaves behind besides its report.</summary>
public sealed record ReportSection
{
    /// <summary>Whether a run writes the clusters of every image into a table, labels.csv.</summary>
    public bool WritesLabels { get; init; }
}
