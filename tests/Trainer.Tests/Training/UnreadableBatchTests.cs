using CoKe.Learning.Distributed;
using CoKe.Learning.Images;
using CoKe.Learning.Training;
using CoKe.Learning.Views;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Training;

/// <summary>Mini-batches of which some images cannot be read.</summary>
public sealed class UnreadableBatchTests : SmallLearners
{
    [Fact]
    public void Train_UnreadableImages_AreLeftOutAndEmptyBatchesSkipped()
    {
        var options = Small.LearnerOf(1, new ImageSize(Side, Side));
        using var learner = new Learner(
            options,
            new Unreadable(Data(), bad: [4, 7, 9]),
            Normalization.None(1, 255, CPU),
            1,
            CPU,
            TrainerGroup.Alone
        );
        using var targets = Targets();
        var scanned = new List<int[]>();

        learner.Scan(
            [
                [4, 7, 9],
                [4, 1, 2],
            ],
            (ids, embeddings) => scanned.Add([.. ids, embeddings.Length])
        );
        var step = Assert.Single(
            Steps(
                learner,
                [
                    [1, 7, 2, 3],
                    [4, 9],
                ],
                targets
            )
        );

        int[] kept = [1, 2, 3],
            left = [1, 2, 2 * Small.Encoder.Dimension];
        Assert.Equal(kept, step.Ids);
        Assert.Equal(3 * Small.Encoder.Dimension, step.Embeddings.Length);
        Assert.Equal(left, Assert.Single(scanned));
    }

    /// <summary>Of one row the variance is none, and running variances would never be numbers again.</summary>
    [Fact]
    public void Train_OneReadableImageAndOneView_IsNoStep()
    {
        var options = (Small with { Views = Small.Views with { LargeViews = 1 } }).LearnerOf(1, new ImageSize(Side, Side));
        using var learner = new Learner(
            options,
            new Unreadable(Data(), bad: [4]),
            Normalization.None(1, 255, CPU),
            1,
            CPU,
            TrainerGroup.Alone
        );
        using var targets = Targets();

        learner.Scan(
            [
                [4, 1],
            ],
            (_, _) => Assert.Fail("A single row was embedded.")
        );
        var steps = Steps(
            learner,
            [
                [4, 1],
                [1, 2],
            ],
            targets
        );

        Assert.Equal(2, Assert.Single(steps).Ids.Length);
        Assert.All(State(learner), value => Assert.True(float.IsFinite(value)));
    }
}
