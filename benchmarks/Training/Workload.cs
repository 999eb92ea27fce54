using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Learning.Training;
using CoKe.Trainer.Recipes;
using static TorchSharp.torch;

namespace CoKe.TrainingBenchmarks;

/// <summary>A step of training that repeats on random views and targets: forward, the loss of every head, backward, optimizer.</summary>
sealed class Workload : IDisposable
{
    readonly TrainingStep _step;
    readonly Tensor[] _views;
    readonly EpochTargets _targets;
    readonly Tensor _ids;

    /// <param name="options">What to train.</param>
    /// <param name="batch">Images.</param>
    /// <param name="smallSide">Rows and columns of small views, where there are any.</param>
    /// <param name="softLabels">Whether to learn from the soft labels of stage two.</param>
    public Workload(StepOptions options, int batch, int smallSide = 0, bool softLabels = false)
    {
        _step = new TrainingStep(options, seed: 1, CPU);
        var (encoder, loss) = (options.Encoder, options.Loss);
        Tensor Views(int count, int height, int width) => randn(count * batch, encoder.Channels, height, width);
        _views =
            loss.SmallViews > 0
                ? [Views(loss.LargeViews, encoder.ImageHeight, encoder.ImageWidth), Views(loss.SmallViews, smallSide, smallSide)]
                : [Views(loss.LargeViews, encoder.ImageHeight, encoder.ImageWidth)];
        var d = encoder.Dimension;
        _targets = new EpochTargets(
            [.. Heads.Select(k => Enumerable.Range(0, batch).Select(i => i % k).ToArray())],
            [.. Heads.Select(k => Enumerable.Range(0, k * d).Select(i => MathF.Sin(i) / MathF.Sqrt(d / 2f)).ToArray())],
            d,
            CPU,
            softLabels
                ?
                [
                    .. Heads.Select(k =>
                        Enumerable
                            .Range(0, batch)
                            .Select(i =>
                                new[] { new Abstractions.SoftLabelEntry(i % k, 0.75), new Abstractions.SoftLabelEntry((i + 1) % k, 0.25) }
                            )
                            .ToArray()
                    ),
                ]
                : null
        );
        _ids = arange(batch, ScalarType.Int64);
    }

    /// <summary>K of the demo's heads.</summary>
    public static int[] Heads { get; } = [.. RecipeDefaults.Recipe.Heads];

    /// <summary>The demo on 28 x 28 gray images.</summary>
    public static StepOptions SmallNet { get; } = RecipeDefaults.Recipe.LearnerOf(1, new ImageSize(28, 28)).Step;

    /// <summary>ResNet-18 of width 16 on two views of 32 x 32 color images.</summary>
    public static StepOptions ResNet18 { get; } =
        new()
        {
            Encoder = new EncoderOptions
            {
                Backbone = BackboneKind.ResNet18,
                Stem = Stem.Cifar,
                BaseWidth = 16,
                HiddenSize = 128,
                ImageHeight = 32,
                ImageWidth = 32,
            },
            Loss = SmallNet.Loss,
            Optimizer = SmallNet.Optimizer,
        };

    public void Step()
    {
        using var scope = NewDisposeScope();
        var (loss, _) = _step.Learn(_views, _targets.Of(_ids), 0.01);
        loss.item<float>();
    }

    public void Dispose()
    {
        _step.Dispose();
        _targets.Dispose();
        _ids.Dispose();
        foreach (var view in _views)
            view.Dispose();
    }
}
