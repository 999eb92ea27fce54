using CoKe.Errors;
using static CoKe.Learning.Requirement;

namespace CoKe.Learning.Losses;

/// <summary>A loss and its numbers. Stage two needs none: its soft labels and centers come from the clustering.</summary>
public sealed record LossOptions
{
    /// <summary>lambda. The paper's: 0.1 with one view, 0.05 with more.</summary>
    public double Temperature { get; init; } = 0.1;

    /// <summary>alpha: the weight of the pseudo-label; the rest is for what other views predict. Of no effect with one view. The paper's:
    /// 0.2.</summary>
    public double LabelWeight { get; init; } = 0.2;

    /// <summary>Views whose mean is clustered.</summary>
    public int LargeViews { get; init; } = 1;

    /// <summary>Views that only learn (multi-crop). The paper's: 6.</summary>
    public int SmallViews { get; init; }

    /// <summary>The weight of the mean over large views; the rest is for the mean over small ones. 0.5 is that of the published code (its
    /// beta); large / (large + small) makes all views equal.</summary>
    public double LargeViewWeight { get; init; } = 0.5;

    /// <summary>beta of B.2.4: the weight of the prediction's loss; the rest is for the projection's. Of no effect without prediction. The
    /// published code: 1 with one view, 0.5 with more.</summary>
    public double PredictionWeight { get; init; } = 0.5;

    /// <summary>Refuses numbers out of range.</summary>
    /// <exception cref="InvalidOptionsException">Names the option, its value and the remedy.</exception>
    public void Validate()
    {
        Require(Temperature > 0 && double.IsFinite(Temperature), nameof(Temperature), Temperature, "must be above 0");
        Require(LabelWeight is >= 0 and <= 1, nameof(LabelWeight), LabelWeight, "must be 0 to 1");
        Require(LargeViews is >= 1 and <= 64, nameof(LargeViews), LargeViews, "must be 1 to 64");
        Require(SmallViews is >= 0 and <= 64, nameof(SmallViews), SmallViews, "must be 0 to 64");
        Require(LargeViewWeight is >= 0 and <= 1, nameof(LargeViewWeight), LargeViewWeight, "must be 0 to 1");
        Require(
            PredictionWeight is > 0 and <= 1,
            nameof(PredictionWeight),
            PredictionWeight,
            "must be above 0 and at most 1: for 0, leave the prediction out"
        );
    }
}
