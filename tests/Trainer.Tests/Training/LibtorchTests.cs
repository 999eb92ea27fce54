using CoKe.Learning.Tensors;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Training;

public sealed class LibtorchTests
{
    [Fact]
    public void WithoutOneDnn_ConvolutionsAreTheSame()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var scope = NewDisposeScope();
        var images = rand(8, 16, 20, 20);
        var kernels = randn(32, 16, 3, 3);
        // In double precision oneDNN has no part.
        var original = nn.functional.conv2d(images.to(float64), kernels.to(float64)).to(float32);

        Assert.True(Libtorch.UseOneDnn(false));
        try
        {
            Assert.True((nn.functional.conv2d(images, kernels) - original).abs().max().item<float>() < 1e-3);
        }
        finally
        {
            Libtorch.UseOneDnn(true);
            Libtorch.Prepare();
        }
    }
}
