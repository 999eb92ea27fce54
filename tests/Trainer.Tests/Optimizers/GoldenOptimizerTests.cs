using CoKe.Learning.Optimizers;
using CoKe.Learning.Training;
using CoKe.Trainer.Tests.Weights;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace CoKe.Trainer.Tests.Optimizers;

/// <summary>Step for step against PyTorch (Peers/make_golden.py): its SGD and CosineAnnealingLR, and a LARS written there from its
/// formula.</summary>
public sealed class GoldenOptimizerTests() : GoldenTests("optimizers.safetensors")
{
    const int Steps = 8;
    static readonly string[] Names = ["weight", "matrix", "bias", "zero"];

    [Theory]
    [InlineData(OptimizerKind.Sgd, "sgd", 0.01)]
    [InlineData(OptimizerKind.Lars, "lars", 1e-6)]
    internal void Step_SameGradients_GivesPyTorchsParameters(OptimizerKind kind, string peer, double decay)
    {
        var parameters = Start();
        using var optimizer = new OptimizerOptions { Kind = kind, WeightDecay = decay }.Of(parameters);
        for (var step = 0; step < Steps; step++)
        {
            Step(optimizer, parameters, step);
            foreach (var (name, values) in parameters)
                Assert.True((values - Golden($"{peer}.{step}.{name}")).abs().max().item<float>() < 2e-6, $"{name}, step {step}");
        }
    }

    [Theory]
    [InlineData(OptimizerKind.Sgd)]
    [InlineData(OptimizerKind.Lars)]
    internal void State_CopiedAndPutBack_GoesOnBitForBit(OptimizerKind kind)
    {
        var (whole, first, second) = (Start(), Start(), Start());
        var options = new OptimizerOptions { Kind = kind };
        using var through = options.Of(whole);
        using var before = options.Of(first);
        using var after = options.Of(second);
        for (var step = 0; step < Steps; step++)
        {
            Step(through, whole, step);
            if (step == 4)
                using (no_grad())
                {
                    foreach (var ((_, from), (_, to)) in before.State.Zip(after.State))
                        to.copy_(from);
                    foreach (var ((_, from), (_, to)) in first.Zip(second))
                        to.copy_(from);
                }
            Step(step < 4 ? before : after, step < 4 ? first : second, step);
        }

        Assert.All(whole.Zip(second), pair => Assert.True(pair.First.Values.equal(pair.Second.Values).all().item<bool>()));
        string[] names = [.. Names.Select(n => $"velocity of {n}")];
        Assert.Equal(names, through.State.Select(s => s.Name));
    }

    [Fact]
    public void Schedule_WithoutWarmUp_IsPyTorchsCosine()
    {
        var expected = Golden("cosine").data<double>().ToArray();

        var actual = Enumerable.Range(0, expected.Length).Select(new LearningRateSchedule(0.4, 0, expected.Length).At);

        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 12));
    }

    /// <summary>PyTorch's LinearLR, which must begin above 0, followed by its CosineAnnealingLR.</summary>
    [Fact]
    public void Schedule_WithWarmUp_IsPyTorchsSequence()
    {
        var expected = Golden("warm-up").data<double>().ToArray();

        var actual = Enumerable.Range(0, expected.Length).Select(new LearningRateSchedule(1.6, WarmUpSteps: 10, expected.Length).At);

        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 12));
    }

    [Fact]
    public void Step_AfterMissingGradient_HasMovedNothing()
    {
        var parameters = Start();
        using var optimizer = new OptimizerOptions { Kind = OptimizerKind.Lars }.Of(parameters);
        parameters[0].Values.grad = Golden("gradient.0.weight");

        var e = Assert.Throws<InvalidOperationException>(() => optimizer.Step(1));

        Assert.StartsWith("matrix", e.Message);
        Assert.True(parameters[0].Values.equal(Golden("start.weight")).all().item<bool>());
    }

    [Theory]
    [InlineData(nameof(OptimizerOptions.Momentum), 1.0)]
    [InlineData(nameof(OptimizerOptions.WeightDecay), -0.1)]
    [InlineData(nameof(OptimizerOptions.TrustCoefficient), 0.0)]
    [InlineData(nameof(OptimizerOptions.TrustCoefficient), double.NaN)]
    public void Options_OutOfRange_AreRefusedByName(string field, double value)
    {
        var options = new OptimizerOptions();
        var bad = field switch
        {
            nameof(OptimizerOptions.Momentum) => options with { Momentum = value },
            nameof(OptimizerOptions.WeightDecay) => options with { WeightDecay = value },
            _ => options with { TrustCoefficient = value },
        };

        Assert.Equal(
            field,
            Assert
                .Throws<CoKe.Errors.InvalidOptionsException>(() =>
                {
                    bad.Of([]);
                })
                .Field
        );
    }

    (string Name, Parameter Values)[] Start() => [.. Names.Select(n => (n, new Parameter(Golden($"start.{n}"))))];

    void Step(Optimizer optimizer, (string Name, Parameter Values)[] parameters, int step)
    {
        foreach (var (name, values) in parameters)
            values.grad = Golden($"gradient.{step}.{name}");
        optimizer.Step(Golden("rates")[step].item<double>());
    }
}
