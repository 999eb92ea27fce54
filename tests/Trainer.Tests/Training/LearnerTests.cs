using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Data;
using CoKe.Trainer.Resume;
using CoKe.Trainer.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Training;

public sealed class LearnerTests
{
    const int Images = 50, Side = 12;
    static readonly Recipe Small = new() { BatchSize = 16, Heads = [3, 5], Dimension = 8, Width = 4, HiddenSize = 16 };

    [Fact]
    public void Scan_ThenCompare_LeavesParametersAndRunningStatistics()
    {
        using var learner = NewLearner(seed: 1);
        Train(learner, epochs: 1);
        var before = State(learner);

        learner.Scan(learner.NextEpoch(), (_, _) => { });

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
        scanning.Scan(scanning.NextEpoch(), (_, _) => { });
        plain.Scan(plain.NextEpoch(), (_, _) => { });
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

    [Fact]
    public void Return_ToAnotherEncoder_IsRefusedAndChangesNothing()
    {
        using var learner = NewLearner(seed: 3);
        using var wider = new Learner(Small with { Width = 8 }, Data(), 3, CPU);
        var before = State(learner);

        Assert.Throws<ResumeRefusedException>(() => learner.Return(wider.Copy()));

        Assert.Equal(before, State(learner));
    }

    [Fact]
    public void Step_Repeated_LowersTheLoss()
    {
        using var learner = NewLearner(seed: 3);
        using var targets = Targets();
        var losses = Enumerable.Range(0, 30).Select(_ => learner.NextEpoch().Average(ids => learner.Step(ids, targets, 0.05).Loss)).ToArray();

        Assert.True(losses[^1] < losses[0] - 0.1, $"from {losses[0]} to {losses[^1]}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Step_Embeddings_AreMeansOfUnitVectors(int views)
    {
        using var learner = new Learner(Small with { Views = views }, Data(), 1, CPU);
        using var targets = Targets();

        var (_, embeddings) = learner.Step([4, 7, 9], targets, 0.1);

        EmbeddingCheck.Validate(embeddings, rows: 3, Small.Dimension, views);
        var norms = embeddings.Chunk(Small.Dimension).Select(row => Math.Sqrt(row.Sum(v => v * v)));
        Assert.All(norms, norm => Assert.InRange(norm, views == 1 ? 0.9999 : 0.01, 1.0001));
    }

    [Fact]
    public void NextEpoch_AnyCount_VisitsEveryImageOnceInEqualBatches()
    {
        using var learner = NewLearner(seed: 1);
        var (first, second) = (learner.NextEpoch(), learner.NextEpoch());

        Assert.Equal(Enumerable.Range(0, Images), first.SelectMany(ids => ids).Order());
        Assert.Equal([12, 13, 12, 13], first.Select(ids => ids.Length));
        Assert.NotEqual(first.SelectMany(ids => ids), second.SelectMany(ids => ids));
    }

    static Learner NewLearner(int seed) => new(Small, Data(), seed, CPU);

    static float[] Train(Learner learner, int epochs)
    {
        using var targets = Targets();
        var embeddings = new List<float>();
        for (var epoch = 0; epoch < epochs; epoch++)
            foreach (var ids in learner.NextEpoch())
                embeddings.AddRange(learner.Step(ids, targets, 0.05).Embeddings);
        return [.. embeddings];
    }

    static EpochTargets Targets()
    {
        var random = new SeededRandom(8);
        return new EpochTargets(
            [.. Small.Heads.Select(k => Enumerable.Range(0, Images).Select(i => i % k).ToArray())],
            [.. Small.Heads.Select(k => Enumerable.Range(0, k * Small.Dimension).Select(_ => (float)random.NextNormal() / 3).ToArray())],
            Small.Dimension, CPU);
    }

    static float[] State(Learner learner)
    {
        using var scope = NewDisposeScope();
        return [.. learner.Encoder.state_dict().Values.SelectMany(t => t.to_type(ScalarType.Float32).data<float>().ToArray())];
    }

    static ImageSet Data()
    {
        var random = new SeededRandom(2);
        return new ImageSet([.. Enumerable.Range(0, Images * Side * Side).Select(_ => (byte)random.NextInt32(256))], 1, Side, Side);
    }
}
