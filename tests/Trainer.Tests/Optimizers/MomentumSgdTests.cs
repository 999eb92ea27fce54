using CoKe.Learning.Optimizers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Optimizers;

public sealed class MomentumSgdTests
{
    [Fact]
    public void Step_SeveralTimes_EqualsTorchSharpsOptimizer()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var start = rand(7, 3);
        var (ours, theirs) = (new Parameter(start.clone()), new Parameter(start.clone()));
        using var optimizer = new MomentumSgd([("p", ours)], momentum: 0.9, weightDecay: 0.01);
        using var expected = optim.SGD([theirs], learningRate: 0.1, momentum: 0.9, weight_decay: 0.01);
        foreach (var rate in (double[])[0.1, 0.2, 0, 0.05])
        {
            foreach (var parameter in (Parameter[])[ours, theirs])
                parameter.sin().sum().backward();
            expected.ParamGroups.Single().LearningRate = rate;
            optimizer.Step(rate);
            expected.step();
            expected.zero_grad();
        }

        Assert.True((ours - theirs).abs().max().item<float>() < 1e-6);
    }

    [Fact]
    public void Step_WithoutGradient_IsRefused()
    {
        using var scope = NewDisposeScope();
        using var optimizer = new MomentumSgd([("p", new Parameter(rand(2)))], momentum: 0.9, weightDecay: 0);

        Assert.Throws<InvalidOperationException>(() =>
        {
            optimizer.Step(0.1);
        });
    }
}
