using CoKe.Abstractions;
using CoKe.Learning.Losses;
using CoKe.Learning.Training;
using CoKe.Trainer.Tests.Weights;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Losses;

/// <summary>Values and gradients of every loss against PyTorch on the same tensors (Peers/losses.py, in double precision, with dense
/// targets).</summary>
public sealed class GoldenLossTests() : GoldenTests("losses.safetensors")
{
    const int Heads = 3,
        LargeInFile = 3;

    [Theory]
    [InlineData("one")]
    [InlineData("one-soft")]
    [InlineData("one-prediction")]
    [InlineData("one-soft-prediction")]
    [InlineData("two")]
    [InlineData("two-labels-only")]
    [InlineData("two-prediction")]
    [InlineData("two-soft")]
    [InlineData("three")]
    [InlineData("multi-crop")]
    [InlineData("multi-crop-prediction")]
    [InlineData("multi-crop-soft")]
    [InlineData("one-and-small")]
    [InlineData("three-and-small")]
    public void Of_SameTensors_GivesPyTorchsValueAndGradients(string name)
    {
        var numbers = Golden($"{name}.options").data<double>().ToArray();
        var (large, small, beta, soft) = ((int)numbers[0], (int)numbers[1], numbers[5], numbers[6] == 1);
        var options = new LossOptions
        {
            LargeViews = large,
            SmallViews = small,
            Temperature = numbers[2],
            LabelWeight = numbers[3],
            LargeViewWeight = numbers[4],
        };
        using var loss = new CokeLoss(beta > 0 ? options with { PredictionWeight = beta } : options);
        var projected = Rows("views", large, small);
        var predicted = beta > 0 ? Rows("predicted", large, small) : null;
        using var targets = Targets(soft);

        var value = loss.Of(projected, predicted, targets.Of(arange(6, ScalarType.Int64)));
        value.backward();

        Near(Golden($"{name}.value"), value);
        Near(Golden($"{name}.gradient"), projected.grad ?? zeros_like(projected));
        if (predicted is not null)
            Near(Golden($"{name}.predicted.gradient"), predicted.grad!);
    }

    [Fact]
    public void Golden_EveryCase_IsTested()
    {
        var inFile = golden.Tensors.Where(t => t.Name.EndsWith(".value", StringComparison.Ordinal)).Select(t => t.Name[..^".value".Length]);
        var tested = typeof(GoldenLossTests)
            .GetMethod(nameof(Of_SameTensors_GivesPyTorchsValueAndGradients))!
            .GetCustomAttributesData()
            .Where(a => a.AttributeType == typeof(InlineDataAttribute))
            .Select(a =>
                (string)((IReadOnlyList<System.Reflection.CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!)[0].Value!
            );

        Assert.Equal(inFile.Order(), tested.Order());
    }

    /// <summary>Large views first, then small ones.</summary>
    Tensor Rows(string name, int large, int small)
    {
        var views = Golden(name);
        return cat([views.narrow(0, 0, large), views.narrow(0, LargeInFile, small)]).flatten(0, 1).requires_grad_(true);
    }

    EpochTargets Targets(bool soft) =>
        new(
            [.. Enumerable.Range(0, Heads).Select(h => Golden($"labels.{h}").data<long>().Select(y => (int)y).ToArray())],
            [.. Enumerable.Range(0, Heads).Select(h => Golden($"centers.{h}").data<float>().ToArray())],
            dimension: 8,
            CPU,
            soft ? [.. Enumerable.Range(0, Heads).Select(h => Entries(Golden($"soft.{h}")))] : null
        );

    /// <summary>The weights above 0, as the clustering gives them out.</summary>
    static SoftLabelEntry[][] Entries(Tensor weights) =>
        [
            .. weights
                .unbind(0)
                .Select(row =>
                    row.data<double>().ToArray().Index().Where(w => w.Item > 0).Select(w => new SoftLabelEntry(w.Index, w.Item)).ToArray()
                ),
        ];

    static void Near(Tensor expected, Tensor actual)
    {
        var error = (expected.view(-1) - actual.detach().view(-1)).abs().max().item<double>();
        var scale = Math.Max(1e-3, expected.abs().max().item<double>());
        Assert.True(error < 5e-6 * scale, $"{error} of {scale}");
    }
}
