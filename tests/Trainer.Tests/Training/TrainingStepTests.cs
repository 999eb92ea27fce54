using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Losses;
using CoKe.Learning.Optimizers;
using CoKe.Learning.Training;
using CoKe.Trainer.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Training;

public sealed class TrainingStepTests : IDisposable
{
    const int Images = 6,
        Side = 12;
    static readonly int[] ClusterCounts = [3, 5];
    static readonly Recipe Small = RecipeDefaults.Recipe with
    {
        Heads = ClusterCounts,
        Encoder = RecipeDefaults.Recipe.Encoder with { Dimension = 8, Width = 4, HiddenSize = 16 },
    };
    static readonly StepOptions MultiCrop = new()
    {
        Encoder = new EncoderOptions
        {
            Backbone = BackboneKind.ResNet18,
            Stem = Stem.Cifar,
            BaseWidth = 2,
            HiddenSize = 8,
            Dimension = 8,
            Channels = 1,
            Prediction = true,
            ImageHeight = Side,
            ImageWidth = Side,
        },
        Loss = new LossOptions { LargeViews = 2, SmallViews = 3 },
    };

    readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>The step that the demo began with, written out: runs of one and two views must keep their bits whatever else a step can
    /// do.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Learn_OneOrTwoViews_IsTheWrittenOutStepToTheBit(int views)
    {
        var recipe = Small with { Views = Small.Views with { LargeViews = views } };
        using var step = new TrainingStep(Options(recipe), seed: 5, CPU);
        using var encoder = new Encoder(Options(recipe).Encoder, seed: 5);
        using var optimizer = new MomentumSgd(encoder.named_parameters(), recipe.Optimizer.Momentum, recipe.Optimizer.WeightDecay);
        using Scalar inverseTemperature = 1 / recipe.Loss.Temperature,
            alpha = recipe.Loss.LabelWeight,
            rest = 1 - recipe.Loss.LabelWeight;
        var targets = Targets();

        for (var i = 0; i < 3; i++)
        {
            var images = randn(views * Images, 1, Side, Side);
            var (value, embeddings) = step.Learn([images], targets, 0.1);

            encoder.train();
            var x = encoder.call(images);
            var logits = x.matmul(targets.Centers.t()).mul_(inverseTemperature);
            var (losses, start) = (new List<Tensor>(), 0L);
            foreach (var (head, k) in ClusterCounts.Index())
            {
                var logP = logits.narrow(1, start, k).log_softmax(1);
                start += k;
                var y = targets.Labels[head].Clusters.squeeze(1);
                Tensor OfLabels(Tensor labels) => logP.gather(1, labels.unsqueeze(1)).mean().neg();
                losses.Add(
                    views == 1
                        ? OfLabels(y)
                        : OfLabels(y.repeat(2)).mul(alpha).add((logP.detach().exp().roll(Images, 0) * logP).sum(1).mean().neg(), rest)
                );
            }
            var expected = stack(losses).mean();
            expected.backward();
            optimizer.Step(0.1);

            Assert.Equal(expected.item<float>(), value.item<float>());
            Assert.True(SameBits(views == 1 ? x.detach() : x.detach().view(2, Images, -1).mean([0]), embeddings));
        }
        Assert.All(encoder.parameters().Zip(step.Encoder.parameters()), pair => Assert.True(SameBits(pair.First, pair.Second)));
    }

    [Fact]
    public void Learn_MultiCrop_ClustersTheMeanOfLargeViewsOnly()
    {
        using var step = new TrainingStep(MultiCrop, seed: 1, CPU);
        using var same = new TrainingStep(MultiCrop, seed: 1, CPU);
        var (large, small) = (randn(2 * Images, 1, Side, Side), randn(3 * Images, 1, 8, 8));

        var expected = same.Embed(large);
        var (loss, embeddings) = step.Learn([large, small], Targets(), 0.1);

        Assert.True(SameBits(expected, embeddings));
        long[] shape = [Images, 8];
        Assert.Equal(shape, embeddings.shape);
        Assert.True(loss.item<float>() > 0);
    }

    [Fact]
    public void Learn_MultiCropWithPrediction_LowersTheLoss()
    {
        using var step = new TrainingStep(MultiCrop, seed: 1, CPU);
        var (large, small, targets) = (randn(2 * Images, 1, Side, Side), randn(3 * Images, 1, 8, 8), Targets());

        float[] losses = [.. Enumerable.Range(0, 20).Select(_ => step.Learn([large, small], targets, 0.05).Loss.item<float>())];

        Assert.True(losses[^1] < losses[0] - 0.3, $"from {losses[0]} to {losses[^1]}");
    }

    [Fact]
    public void Learn_RowsThatAreNotAllViews_AreRefusedAndNothingMoves()
    {
        using var step = new TrainingStep(MultiCrop, seed: 1, CPU);
        Tensor[] before = [.. step.State.Select(t => t.Values.clone())];

        Assert.Throws<ArgumentException>(() =>
        {
            step.Learn([randn(2 * Images, 1, Side, Side), randn(2 * Images, 1, 8, 8)], Targets(), 0.1);
        });

        Assert.All(before.Zip(step.State), pair => Assert.True(SameBits(pair.First, pair.Second.Values)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Learn_ManySteps_LeavesNoTensorBehindNorDoesDispose(bool multiCrop)
    {
        var options = multiCrop ? MultiCrop : Options(Small);
        var (large, small, targets) = (randn(2 * Images, 1, Side, Side), randn(3 * Images, 1, 8, 8), Targets());
        var before = Tensor.TotalCount;
        var step = new TrainingStep(options, seed: 1, CPU);
        void Learn()
        {
            using var ofStep = NewDisposeScope();
            step.Learn(multiCrop ? [large, small] : [large], targets, 0.1);
        }
        Learn();
        var live = Tensor.TotalCount;
        for (var i = 0; i < 5; i++)
            Learn();
        Assert.Equal(live, Tensor.TotalCount);

        // A parameter takes its tensor over, which TorchSharp then counts for ever, though nothing is left of it.
        var takenOver = step.Encoder.parameters().Count();
        step.Dispose();
        Assert.Equal(before + takenOver, Tensor.TotalCount);
    }

    [Fact]
    public void Learn_GradientsSummed_MovesAlongWhatCameBackAndSumsLossOncePerStep()
    {
        var asked = new List<Tensor[]>();
        var options = MultiCrop with { Optimizer = new OptimizerOptions { WeightDecay = 0 } };
        using var plain = new TrainingStep(options, seed: 1, CPU);
        using var halved = new TrainingStep(options, seed: 1, CPU, values =>
        {
            if (values.Count == 1) // of batch normalization
                return;
            using var _ = no_grad();
            foreach (var gradient in values)
                gradient.mul_(0.5);
            asked.Add([.. values]);
        });
        Tensor[] before = [.. plain.Encoder.parameters().Select(p => p.detach().clone())];
        Tensor[] views = [randn(2 * Images, 1, Side, Side), randn(3 * Images, 1, 8, 8)];

        // Without decay, and without momentum yet, half the gradient at twice the rate is the same step. Batch normalization rounds
        // otherwise.
        var expected = plain.Learn(views, Targets(), 0.25).Loss.item<float>();
        var actual = halved.Learn(views, Targets(), 0.5).Loss.item<float>();

        // The gradients, the loss, and that of each head.
        Assert.Equal([.. plain.Encoder.parameters().Select(p => p.numel()), 1, 2], Assert.Single(asked).Select(g => g.numel()));
        Assert.Equal(expected / 2, actual, 1e-5);
        Tensor[] moved = [.. plain.Encoder.parameters().Zip(before, (now, then) => (now - then).flatten())];
        Tensor[] other = [.. halved.Encoder.parameters().Zip(before, (now, then) => (now - then).flatten())];
        Assert.InRange((cat(moved) - cat(other)).norm().item<float>() / cat(moved).norm().item<float>(), 0, 1e-4);
        Assert.Contains(before.Zip(plain.Encoder.parameters()), pair => !SameBits(pair.First, pair.Second));
    }

    [Fact]
    public void Learn_SummingOfGradientsFails_MovesNoParameter()
    {
        using var step = new TrainingStep(MultiCrop, seed: 1, CPU, values =>
        {
            if (values.Count > 1)
                throw new IOException("a trainer is gone");
        });
        Tensor[] before = [.. step.Encoder.parameters().Select(p => p.detach().clone())];

        Assert.Throws<IOException>(() =>
        {
            step.Learn([randn(2 * Images, 1, Side, Side), randn(3 * Images, 1, 8, 8)], Targets(), 0.1);
        });

        Assert.All(before.Zip(step.Encoder.parameters()), pair => Assert.True(SameBits(pair.First, pair.Second)));
    }

    public static TheoryData<string, object> Bad =>
        new()
        {
            { nameof(LossOptions.Temperature), MultiCrop with { Loss = new LossOptions { Temperature = 0 } } },
            { nameof(LossOptions.Temperature), MultiCrop with { Loss = new LossOptions { Temperature = double.NaN } } },
            { nameof(LossOptions.LabelWeight), MultiCrop with { Loss = new LossOptions { LabelWeight = 1.1 } } },
            { nameof(LossOptions.LargeViews), MultiCrop with { Loss = new LossOptions { LargeViews = 0 } } },
            { nameof(LossOptions.SmallViews), MultiCrop with { Loss = new LossOptions { SmallViews = -1 } } },
            { nameof(LossOptions.LargeViewWeight), MultiCrop with { Loss = new LossOptions { LargeViewWeight = -0.1 } } },
            { nameof(LossOptions.PredictionWeight), MultiCrop with { Loss = new LossOptions { PredictionWeight = 0 } } },
            { nameof(LossOptions.SmallViews), MultiCrop with { Encoder = Options(Small).Encoder } },
            { nameof(OptimizerOptions.TrustCoefficient), MultiCrop with { Optimizer = new OptimizerOptions { TrustCoefficient = 0 } } },
            { nameof(EncoderOptions.ProjectionLayers), MultiCrop with { Encoder = MultiCrop.Encoder with { ProjectionLayers = 1 } } },
        };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Options_ThatMakeNoStep_AreRefusedByName(string field, object options)
    {
        var e = Assert.Throws<InvalidOptionsException>(() =>
        {
            _ = new TrainingStep((StepOptions)options, seed: 1, CPU);
        });

        Assert.Equal(field, e.Field);
        Assert.StartsWith(field, e.Message);
    }

    static StepOptions Options(Recipe recipe) => recipe.LearnerOf(1, new ImageSize(Side, Side)).Step;

    static BatchTargets Targets()
    {
        var random = new SeededRandom(8);
        return new BatchTargets(
            tensor([.. Enumerable.Range(0, ClusterCounts.Sum() * 8).Select(_ => (float)random.NextNormal() / 3)]).view(-1, 8),
            ClusterCounts,
            [.. ClusterCounts.Select(k => new PseudoLabels(arange(Images, ScalarType.Int64).remainder(k).unsqueeze(1)))]
        );
    }

    static bool SameBits(Tensor a, Tensor b) => a.contiguous().bytes.SequenceEqual(b.contiguous().bytes);
}
