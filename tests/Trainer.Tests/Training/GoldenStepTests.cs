using CoKe.Learning.Encoders;
using CoKe.Learning.Losses;
using CoKe.Learning.Optimizers;
using CoKe.Learning.Training;
using CoKe.Learning.Weights;
using CoKe.Trainer.Tests.Weights;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Training;

/// <summary>Whole steps, encoder to optimizer, against PyTorch from the same weights on the same images (Peers/training_golden.py, in
/// double precision).</summary>
public sealed class GoldenStepTests() : GoldenTests("training-steps.safetensors")
{
    const int Heads = 3,
        Images = 6,
        Dimension = 4;

    // Every step multiplies what rounding did before: PyTorch's own float32 strays from its double precision by 3e-4 in the last step, and
    // by 7e-5 in the weights after it.
    static readonly double[] Tolerance = [2e-5, 2e-5, 2e-4, 2e-3];
    const double ToleranceAfter = 3e-4;

    [OneDnnTheory]
    [InlineData("multi-crop-lars")]
    [InlineData("one-view-sgd")]
    public void Learn_FromTheSameWeights_GoesPyTorchsWay(string name)
    {
        var numbers = Golden(name, "options").data<double>().ToArray();
        var (large, small, beta) = ((int)numbers[2], (int)numbers[3], numbers[7]);
        var loss = new LossOptions
        {
            LargeViews = large,
            SmallViews = small,
            Temperature = numbers[4],
            LabelWeight = numbers[5],
            LargeViewWeight = numbers[6],
        };
        using var step = new TrainingStep(
            new StepOptions
            {
                Encoder = new EncoderOptions
                {
                    Backbone = BackboneKind.ResNet18,
                    Stem = Stem.Cifar,
                    BaseWidth = 2,
                    ProjectionLayers = (int)numbers[0],
                    Prediction = numbers[1] == 1,
                    HiddenSize = 8,
                    Dimension = Dimension,
                    ImageHeight = 16,
                    ImageWidth = 16,
                },
                Loss = beta > 0 ? loss with { PredictionWeight = beta } : loss,
                Optimizer = new OptimizerOptions { Kind = numbers[8] == 1 ? OptimizerKind.Lars : OptimizerKind.Sgd },
            },
            seed: 1,
            CPU
        );
        Load(step.Encoder, name);
        Tensor[] views =
        [
            .. Enumerable.Range(0, small > 0 ? 2 : 1).Select(size => Golden(name, $"images.{size}").to_type(ScalarType.Float32) / 255),
        ];
        using var targets = new EpochTargets(
            [.. Enumerable.Range(0, Heads).Select(h => Golden(name, $"labels.{h}").data<long>().Select(y => (int)y).ToArray())],
            [.. Enumerable.Range(0, Heads).Select(h => Golden(name, $"centers.{h}").data<float>().ToArray())],
            Dimension,
            CPU
        );

        foreach (var (t, rate) in Golden(name, "rates").data<double>().ToArray().Index())
        {
            var (value, embeddings) = step.Learn(views, targets.Of(arange(Images, ScalarType.Int64)), rate);
            Near(Golden(name, $"{t}.loss"), value, Tolerance[t], $"loss {t}");
            Near(Golden(name, $"{t}.embeddings"), embeddings, Tolerance[t], $"embeddings {t}");
        }

        var end = golden.Tensors.Where(e => e.Name.StartsWith($"{name}.end.", StringComparison.Ordinal)).ToArray();
        var state = step.State.ToDictionary(s => s.Name, s => s.Values);
        Assert.True(end.Length >= 5);
        Assert.All(end, e => Near(golden.Read(e), state[e.Name[$"{name}.end.".Length..]], ToleranceAfter, e.Name));
    }

    void Load(Encoder encoder, string name)
    {
        var path = folder.File("start");
        var prefix = $"{name}.start.";
        SafetensorsFile.Write(
            path,
            golden
                .Tensors.Where(t => t.Name.StartsWith(prefix, StringComparison.Ordinal))
                .Select(t => (t.Name[prefix.Length..], golden.Read(t)))
                .ToArray()
        );
        EncoderWeights.Read(encoder, path, EncoderPart.Whole);
    }

    static void Near(Tensor expected, Tensor actual, double tolerance, string what)
    {
        var error = (expected - actual.detach()).abs().max().item<double>();
        var scale = expected.abs().max().item<double>();
        Assert.True(error < tolerance * scale, $"{what}: {error} of {scale}");
    }

    Tensor Golden(string name, string part) => Golden($"{name}.{part}");
}
