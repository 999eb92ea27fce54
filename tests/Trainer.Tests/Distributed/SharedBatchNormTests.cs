using CoKe.Learning.Encoders;
using CoKe.Learning.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Distributed;

/// <summary>Batch normalization of a mini-batch in parts, against libtorch's own on the whole.</summary>
public sealed class SharedBatchNormTests
{
    const int Channels = 5;
    const double Tolerance = 1e-5;

    [Theory]
    [InlineData(1, 4, true)]
    [InlineData(2, 8, true)]
    [InlineData(2, 7, true)] // parts of 3 and 4 rows
    [InlineData(3, 24, true)]
    [InlineData(2, 12, false)]
    public void Norm_OfParts_IsThatOfTheWhole(int world, int rows, bool maps)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        long[] shape = maps ? [rows, Channels, 4, 3] : [rows, Channels];
        // Far from mean 0 and deviation 1, where a careless sum of squares would lose digits.
        var (x, g) = (randn(shape).mul_(0.5f).add_(20), randn(shape));
        var (weight, bias) = (rand(Channels).add_(0.5), randn(Channels));
        // In float64: libtorch's own rounds the mean to float32, as is done here, but not to the same neighbor.
        using BatchNorm exact = maps ? nn.BatchNorm2d(Channels, dtype: float64) : nn.BatchNorm1d(Channels, dtype: float64);
        var whole = Apply(exact, x.to_type(float64), g.to_type(float64), weight.to_type(float64), bias.to_type(float64));

        var parts = TrainerThreads.Run(world, (rank, threads) =>
        {
            var (from, to) = ((long)rows * rank / world, (long)rows * (rank + 1) / world);
            var norms = new Norms(values => threads.Sum(rank, values));
            using var norm = maps ? norms.Of2d(Channels) : norms.Of1d(Channels);
            var result = Apply(norm, x.narrow(0, from, to - from), g.narrow(0, from, to - from), weight, bias);
            norms.EndBackward();
            return Array.ConvertAll(result, tensor => tensor.MoveToOuterDisposeScope());
        });

        AssertClose(whole[0], cat([.. parts.Select(p => p[0])]), "forward");
        AssertClose(whole[1], cat([.. parts.Select(p => p[1])]), "gradient of the input");
        for (var i = 2; i <= 3; i++) // of weight and bias: parts, which are summed with all gradients
            AssertClose(whole[i], stack(parts.Select(p => p[i])).sum([0L]), $"gradient {i}");
        foreach (var part in parts)
            for (var i = 4; i <= 5; i++)
            {
                AssertClose(whole[i], part[i], $"running statistics {i}");
                Assert.True(parts[0][i].bytes.SequenceEqual(part[i].bytes));
            }
        AssertClose(whole[6], cat([.. parts.Select(p => p[6])]), "evaluation");
    }

    [Fact]
    public void Norm_ManySteps_LeavesNoTensorBehind()
    {
        using var scope = NewDisposeScope();
        var norms = new Norms(_ => { });
        using var norm = norms.Of2d(Channels);
        var x = randn([4, Channels, 3, 3], requires_grad: true);
        void Step()
        {
            using var ofStep = NewDisposeScope();
            norm.call(x).square().sum().backward();
            norms.EndBackward();
            x.grad = null;
            norm.weight.grad = null;
            norm.bias!.grad = null;
        }
        Step();
        var live = Tensor.TotalCount;

        for (var i = 0; i < 20; i++)
            Step();

        Assert.Equal(live, Tensor.TotalCount);
    }

    [Fact]
    public void Norm_NamesAndShapes_AreThoseOfOneTrainer()
    {
        using var shared = new Norms(_ => { }).Of2d(Channels);
        using var plain = new Norms(SumOfOne.Sum).Of2d(Channels);

        Assert.Equal(plain.state_dict().Select(e => (e.Key, e.Value.numel())), shared.state_dict().Select(e => (e.Key, e.Value.numel())));
    }

    [Fact]
    public void Norm_TrainersLoseEachOtherInBackward_ThrowsAfterIt()
    {
        using var scope = NewDisposeScope();
        var calls = 0;
        var norms = new Norms(_ =>
        {
            if (++calls == 2)
                throw new IOException("a trainer is gone");
        });
        using var norm = norms.Of1d(Channels);
        var x = randn([4, Channels], requires_grad: true);

        norm.call(x).sum().backward();

        Assert.Equal("a trainer is gone", Assert.Throws<IOException>(norms.EndBackward).Message);
        norms.EndBackward(); // said once
    }

    [Fact]
    public void Norm_TrainersLoseEachOtherInBackward_AreAskedNoMore()
    {
        using var scope = NewDisposeScope();
        var calls = 0;
        var norms = new Norms(_ =>
        {
            if (++calls == 3)
                throw new IOException("a trainer is gone"); // in backward of the second layer, which comes first
        });
        using var first = norms.Of1d(Channels);
        using var second = norms.Of1d(Channels);
        var x = randn([4, Channels], requires_grad: true);

        second.call(first.call(x)).square().sum().backward();

        Assert.Equal(3, calls);
        Assert.Throws<IOException>(norms.EndBackward);
        Assert.False(norms.HasFailed);
    }

    /// <summary>Forward, gradients of input, weight and bias, running mean and variance after one step, and evaluation.</summary>
    static Tensor[] Apply(BatchNorm norm, Tensor input, Tensor g, Tensor weight, Tensor bias)
    {
        using (no_grad())
        {
            norm.weight.copy_(weight);
            norm.bias!.copy_(bias);
        }
        var x = input.clone().requires_grad_();
        norm.train();
        var y = norm.call(x);
        y.mul(g).sum().backward();
        norm.eval();
        return
        [
            y.detach(),
            x.grad!.clone(),
            norm.weight.grad!.clone(),
            norm.bias!.grad!.clone(),
            norm.running_mean!.clone(),
            norm.running_var!.clone(),
            norm.call(x).detach(),
        ];
    }

    /// <summary>Equal within 1e-5 of the largest value.</summary>
    static void AssertClose(Tensor expected, Tensor actual, string what)
    {
        var worst =
            expected.sub(actual).abs().max().to_type(ScalarType.Float64).item<double>()
            / Math.Max(1, expected.abs().max().to_type(ScalarType.Float64).item<double>());
        Assert.True(worst <= Tolerance, $"{what}: {worst}");
    }
}
