using CoKe.Learning.Encoders;
using CoKe.Learning.Images;
using CoKe.Trainer.Recipes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoKe.Trainer.Tests.Encoders;

public sealed class EncoderTests
{
    static EncoderOptions Small(int channels = 1, int height = 28, int width = 28) =>
        RecipeDefaults.Recipe.Encoder.Options(channels, new ImageSize(height, width));

    static EncoderOptions ResNet(BackboneKind kind, Stem stem, int side = 32) =>
        new()
        {
            Backbone = kind,
            Stem = stem,
            BaseWidth = 4,
            HiddenSize = 24,
            Dimension = 8,
            ImageHeight = side,
            ImageWidth = side,
        };

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
        using var encoder = new Encoder(Small(channels, height, width), seed: 1);

        CheckUnit(encoder, rand(4, channels, height, width), 128);
    }

    [Fact]
    public void ParameterCount_FashionMnist_IsThatOfTheRecipe()
    {
        using var encoder = new Encoder(Small(), seed: 1);

        Assert.Equal(460_848, encoder.ParameterCount);
    }

    [Fact]
    public void SmallNet_SameSeed_IsBitForBitTorchSharpsOwnLayers()
    {
        using var scope = NewDisposeScope();
        using var encoder = new Encoder(Small() with { ChannelsLast = false }, seed: 5);
        manual_seed(5);
        using var original = Sequential(
            Conv2d(1, 16, 3, 2, 1, bias: false),
            BatchNorm2d(16),
            ReLU(),
            Conv2d(16, 32, 3, 2, 1, bias: false),
            BatchNorm2d(32),
            ReLU(),
            Conv2d(32, 64, 3, 1, 1, bias: false),
            BatchNorm2d(64),
            ReLU(),
            Conv2d(64, 32, 1, 1, 0, bias: false),
            BatchNorm2d(32),
            ReLU(),
            Conv2d(32, 256, kernel_size: (7, 7)),
            Flatten(),
            BatchNorm1d(256),
            ReLU(),
            Linear(256, 128),
            BatchNorm1d(128)
        );
        var images = rand(6, 1, 28, 28);

        var (ours, theirs) = (encoder.call(images), functional.normalize(original.call(images), p: 2, dim: 1));

        Assert.True(ours.equal(theirs).all().item<bool>());
    }

    [Theory]
    [InlineData(BackboneKind.ResNet18, Stem.Cifar, 2)]
    [InlineData(BackboneKind.ResNet18, Stem.ImageNet, 3)]
    [InlineData(BackboneKind.ResNet50, Stem.ImageNet, 3)]
    [InlineData(BackboneKind.ResNet50, Stem.Cifar, 2)]
    internal void ResNet_TwoSizesOfImages_GivesUnitEmbeddings(BackboneKind kind, Stem stem, int layers)
    {
        using var scope = NewDisposeScope();
        using var encoder = new Encoder(ResNet(kind, stem) with { ProjectionLayers = layers }, seed: 1);

        Assert.Equal(kind == BackboneKind.ResNet50 ? 128 : 32, encoder.FeatureSize);
        CheckUnit(encoder, rand(4, 3, 32, 32), 8);
        CheckUnit(encoder, rand(4, 3, 48, 40), 8);
    }

    [Fact]
    public void ResNet_ImagesOf224_LeaveTheMapsOfTheOriginal()
    {
        // The classifier of torchvision has 1000 x 2048 + 1000 of its 25,557,032, and 1000 x 512 + 1000 of 11,689,512.
        using var deep = new Encoder(
            new()
            {
                Backbone = BackboneKind.ResNet50,
                Stem = Stem.ImageNet,
                ImageHeight = 224,
                ImageWidth = 224,
                ProjectionLayers = 3,
            },
            seed: 1
        );
        using var shallow = new Encoder(
            new()
            {
                Backbone = BackboneKind.ResNet18,
                Stem = Stem.ImageNet,
                ImageHeight = 224,
                ImageWidth = 224,
            },
            seed: 1
        );

        Assert.Equal(25_557_032 - 2_049_000, deep.Backbone.parameters().Sum(p => p.numel()));
        Assert.Equal(11_689_512 - 513_000, shallow.Backbone.parameters().Sum(p => p.numel()));
        // 2048-2048-2048-128 with biases and batch normalization, as the paper's code.
        Assert.Equal(
            2 * (2048 * 2048 + 3 * 2048) + 2048 * 128 + 3 * 128,
            deep.ParameterCount - deep.Backbone.parameters().Sum(p => p.numel())
        );
    }

    [Fact]
    public void WithPrediction_GivesTheProjectionAndAnother()
    {
        using var scope = NewDisposeScope();
        using var encoder = new Encoder(ResNet(BackboneKind.ResNet18, Stem.Cifar) with { Prediction = true }, seed: 1);
        encoder.eval();
        var images = rand(4, 3, 32, 32);

        var (projected, predicted) = encoder.WithPrediction(images);

        Assert.True(projected.equal(encoder.call(images)).all().item<bool>());
        Assert.True((predicted.norm(1) - 1).abs().max().item<float>() < 1e-5);
        Assert.True((predicted - projected).abs().max().item<float>() > 0.01);
        using var without = new Encoder(ResNet(BackboneKind.ResNet18, Stem.Cifar), seed: 1);
        Assert.Throws<InvalidOperationException>(() =>
        {
            without.WithPrediction(images);
        });
    }

    [Fact]
    public void Seed_DecidesTheWeights()
    {
        using var scope = NewDisposeScope();
        var options = ResNet(BackboneKind.ResNet18, Stem.Cifar);
        Encoder[] encoders = [.. new[] { 1, 1, 2 }.Select(seed => new Encoder(options, seed))];
        var weights = encoders.Select(e => e.Backbone.parameters().First()).ToArray();

        Assert.True(weights[0].equal(weights[1]).all().item<bool>());
        Assert.False(weights[0].equal(weights[2]).all().item<bool>());
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void InitialWeights_AreTorchvisions(bool zero, float lastNorm)
    {
        using var scope = NewDisposeScope();
        using var encoder = new Encoder(
            ResNet(BackboneKind.ResNet18, Stem.Cifar) with
            {
                BaseWidth = 32,
                ZeroInitializedResidual = zero,
            },
            seed: 1
        );
        var parameters = encoder.Backbone.named_parameters().ToDictionary(p => p.name, p => p.parameter);

        // kaiming_normal of fan out: 128 channels x 3 x 3.
        var weight = parameters["layer3.0.conv2.weight"];
        Assert.Equal(Math.Sqrt(2.0 / (128 * 9)), weight.std().item<float>(), 0.0005);
        Assert.Equal(0, weight.mean().item<float>(), 0.0005);
        Assert.Equal(lastNorm, parameters["layer3.0.bn2.weight"].max().item<float>());
        Assert.Equal(1, parameters["layer3.0.bn1.weight"].min().item<float>());
        Assert.Equal(0, parameters["layer3.0.bn2.bias"].abs().max().item<float>());
    }

    [Fact]
    public void KeepStatistics_WhateverMoves_PutsThemBack()
    {
        using var scope = NewDisposeScope();
        using var encoder = new Encoder(ResNet(BackboneKind.ResNet18, Stem.Cifar), seed: 1);
        Tensor[] before = [.. encoder.buffers().Select(b => b.clone())];

        using (encoder.KeepStatistics())
            encoder.call(rand(4, 3, 32, 32));

        Assert.NotEmpty(before);
        Assert.All(encoder.buffers().Zip(before), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));
    }

    [Theory]
    [InlineData(BackboneKind.SmallNet, null)]
    [InlineData(BackboneKind.ResNet18, Stem.ImageNet)]
    internal void ChannelsLast_IsTheSameFunction(BackboneKind kind, Stem? stem)
    {
        using var scope = NewDisposeScope();
        var options = ResNet(kind, Stem.ImageNet) with { Stem = stem };
        using var last = new Encoder(options, seed: 1);
        using var first = new Encoder(options with { ChannelsLast = false }, seed: 1);
        var images = rand(8, 3, 32, 32);

        Assert.True((last.call(images) - first.call(images)).abs().max().item<float>() < 1e-4);
    }

    static void CheckUnit(Encoder encoder, Tensor images, int dimension)
    {
        var (features, embeddings) = encoder.WithFeatures(images);

        Assert.Equal([4, encoder.FeatureSize], features.shape);
        Assert.Equal([4, dimension], embeddings.shape);
        Assert.True((embeddings.norm(1) - 1).abs().max().item<float>() < 1e-5);
    }
}
