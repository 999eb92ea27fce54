using CoKe.Trainer.Training;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Training;

public sealed class EncoderTests
{
    [Theory]
    [InlineData(1, 8, 8)]
    [InlineData(1, 16, 16)]
    [InlineData(1, 28, 28)]
    [InlineData(3, 32, 32)]
    [InlineData(1, 17, 23)]
    [InlineData(2, 1, 5)]
    public void Forward_AnyImage_GivesUnitEmbeddings(int channels, int height, int width)
    {
        using var scope = NewDisposeScope();
        using var encoder = new Encoder(new Recipe(), channels, height, width);

        var (features, embeddings) = encoder.WithFeatures(rand(4, channels, height, width));

        Assert.Equal([4, encoder.FeatureSize], features.shape);
        Assert.Equal([4, 128], embeddings.shape);
        Assert.True((embeddings.norm(1) - 1).abs().max().item<float>() < 1e-5);
    }

    [Fact]
    public void ParameterCount_FashionMnist_IsThatOfTheRecipe()
    {
        using var encoder = new Encoder(new Recipe(), 1, 28, 28);

        Assert.Equal(460_848, encoder.ParameterCount);
    }
}
