using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Learning.Images;
using CoKe.Learning.Resume;
using CoKe.Learning.Training;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Training;

public sealed class LearnerTests : SmallLearners
{
    [Fact]
    public void Scan_ThenCompare_LeavesParametersAndRunningStatistics()
    {
        using var learner = NewLearner(seed: 1);
        Train(learner, epochs: 1);
        var before = State(learner);

        learner.Scan(learner.NextEpoch(0), (_, _) => { });

        Assert.Equal(before, State(learner));
    }

    [Fact]
    public void Scan_ThenTrain_LearnsAsWithoutScan()
    {
        using var scanning = NewLearner(seed: 1);
        using var plain = NewLearner(seed: 1);
        Train(scanning, epochs: 1);
        Train(plain, epochs: 1);
        // Both draw the same numbers; only one of them looks at batches in between.
        scanning.Scan(scanning.NextEpoch(0), (_, _) => { });
        plain.Scan(plain.NextEpoch(0), (_, _) => { });
        plain.Scan([], (_, _) => { });

        Assert.Equal(Train(plain, epochs: 1), Train(scanning, epochs: 1));
    }

    [Fact]
    public void Step_EqualSeeds_GiveEqualBits()
    {
        using var first = NewLearner(seed: 3);
        using var second = NewLearner(seed: 3);
        using var other = NewLearner(seed: 4);

        var embeddings = Train(first, epochs: 2);

        Assert.Equal(embeddings, Train(second, epochs: 2));
        Assert.Equal(State(first), State(second));
        Assert.NotEqual(embeddings, Train(other, epochs: 2));
    }

    [Fact]
    public void Return_ToACopy_TrainsOnWithTheSameBits()
    {
        using var learner = NewLearner(seed: 3);
        using var other = NewLearner(seed: 9);
        Train(learner, epochs: 2);
        var copy = learner.Copy();
        var (embeddings, state) = (Train(learner, epochs: 2), State(learner));

        other.Return(copy);

        Assert.Equal(embeddings, Train(other, epochs: 2));
        Assert.Equal(state, State(other));
    }

    [Theory]
    [InlineData(3, 1, 3)]
    [InlineData(7, 1, 3)]
    [InlineData(331, 2, 3)]
    public void CheckSteps_MiniBatchesOfOneImage_NamesTheLeastSizeThatPasses(int images, int batchSize, int least)
    {
        var recipe = Small with { Views = Small.Views with { LargeViews = 1 } };
        for (var refused = batchSize; refused < least; refused++)
            Assert.Contains(
                $"take {least} or more",
                Assert.Throws<InvalidOptionsException>(() => Options(refused).CheckSteps(images)).Message
            );
        Options(least).CheckSteps(images);

        LearnerOptions Options(int size) =>
            (recipe with { Schedule = recipe.Schedule with { BatchSize = size } }).LearnerOf(1, new ImageSize(28, 28));
    }

    [Fact]
    public void Return_ToAnotherEncoder_IsRefusedAndChangesNothing()
    {
        using var learner = NewLearner(seed: 3);
        using var wider = (Small with { Encoder = Small.Encoder with { Width = 8 } }).NewLearner(Data(), 3);
        var before = State(learner);

        Assert.Throws<ResumeRefusedException>(() => learner.Return(wider.Copy()));

        Assert.Equal(before, State(learner));
    }

    [Fact]
    public void Step_Repeated_LowersTheLoss()
    {
        using var learner = NewLearner(seed: 3);
        using var targets = Targets();
        var losses = Enumerable
            .Range(0, 30)
            .Select(epoch => Steps(learner, learner.NextEpoch(epoch), targets).Average(step => step.Loss))
            .ToArray();

        Assert.True(losses[^1] < losses[0] - 0.1, $"from {losses[0]} to {losses[^1]}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Step_Embeddings_AreMeansOfUnitVectors(int views)
    {
        using var learner = (Small with { Views = Small.Views with { LargeViews = views } }).NewLearner(Data(), 1);
        using var targets = Targets();

        var embeddings = Assert
            .Single(
                Steps(
                    learner,
                    [
                        [4, 7, 9],
                    ],
                    targets
                )
            )
            .Embeddings;

        EmbeddingCheck.Validate(embeddings, rows: 3, Small.Encoder.Dimension, views);
        var norms = embeddings.Chunk(Small.Encoder.Dimension).Select(row => Math.Sqrt(row.Sum(v => v * v)));
        Assert.All(norms, norm => Assert.InRange(norm, views == 1 ? 0.9999 : 0.01, 1.0001));
    }

    [Fact]
    public void Train_MultiCrop_LearnsFromSmallViewsAndClustersLargeOnes()
    {
        using var learner = MultiCrop.NewLearner(Data(), 3);
        using var targets = Targets();

        var epochs = Enumerable.Range(0, 12).Select(epoch => Steps(learner, learner.NextEpoch(epoch), targets)).ToArray();

        Assert.True(epochs[^1].Average(s => s.Loss) < epochs[0].Average(s => s.Loss) - 0.05);
        Assert.All(epochs[^1], step => EmbeddingCheck.Validate(step.Embeddings, step.Ids.Length, MultiCrop.Encoder.Dimension, views: 2));
    }

    [Fact]
    public void Return_MultiCrop_TrainsOnWithTheSameBits()
    {
        using var learner = MultiCrop.NewLearner(Data(), 3);
        using var other = MultiCrop.NewLearner(Data(), 9);
        learner.Scan(learner.NextEpoch(0), (_, _) => { });
        var copy = learner.Copy();
        var embeddings = Train(learner, epochs: 1);

        other.Return(copy);

        Assert.Equal(embeddings, Train(other, epochs: 1));
    }

    [Fact]
    public void Train_ManySteps_LeavesNoTensorBehind()
    {
        using var learner = MultiCrop.NewLearner(Data(), 3);
        using var targets = Targets();
        Train(learner, epochs: 1);
        GC.Collect(); // what others left to the finalizer
        GC.WaitForPendingFinalizers();
        var live = Tensor.TotalCount;

        Train(learner, epochs: 3);

        Assert.Equal(live, Tensor.TotalCount);
    }

    [Fact]
    public void NextEpoch_AnyCount_VisitsEveryImageOnceInEqualBatches()
    {
        using var learner = NewLearner(seed: 1);
        var (first, second) = (learner.NextEpoch(0), learner.NextEpoch(1));

        Assert.Equal(Enumerable.Range(0, Images), first.SelectMany(ids => ids).Order());
        Assert.Equal([12, 13, 12, 13], first.Select(ids => ids.Length));
        Assert.NotEqual(first.SelectMany(ids => ids), second.SelectMany(ids => ids));
    }

    /// <summary>What is drawn depends on the epoch, not on the epochs that this learner has seen: a resumed run goes on as if it had not
    /// stopped.</summary>
    [Fact]
    public void NextEpoch_CropsThatGrow_AreThoseOfTheEpochAfterAReturn()
    {
        var growing = Small with
        {
            Schedule = Small.Schedule with { Epochs = 8 },
            Views = Small.Views with { SmallestArea = 0.3, LastSmallestArea = 1 },
        };
        using var through = growing.NewLearner(Data(), 1);
        using var resumed = growing.NewLearner(Data(), 1);
        using var still = (growing with { Views = growing.Views with { LastSmallestArea = 0.3 } }).NewLearner(Data(), 1);
        using var targets = Targets();
        Steps(through, through.NextEpoch(1), targets);
        Steps(through, through.NextEpoch(2), targets);
        var state = through.Copy();
        resumed.Return(state);
        still.Return(state);

        var expected = Embeddings(through);

        Assert.Equal(expected, Embeddings(resumed));
        Assert.NotEqual(expected, Embeddings(still));
        float[] Embeddings(Learner learner) => [.. Steps(learner, learner.NextEpoch(3), targets).SelectMany(step => step.Embeddings)];
    }
}
