using System.Globalization;
using System.Text.Json;
using CoKe.Learning.Encoders;
using CoKe.Learning.Weights;
using CoKe.Trainer.Tests.Peers;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Weights;

/// <summary>Against torchvision: its names, and its values on the same weights and images.</summary>
public sealed class TorchvisionTests : TensorTests
{
    [Theory]
    [InlineData(BackboneKind.ResNet18, "resnet18")]
    [InlineData(BackboneKind.ResNet50, "resnet50")]
    internal void Write_FullResNet_HasTorchvisionsNamesAndShapes(BackboneKind kind, string name)
    {
        var expected = JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, long[]>>>(
            GoldenWeights.Content("resnet-names.json")
        )![name];
        using var encoder = Full(kind);
        EncoderWeights.Write(encoder, folder.File("w"), EncoderPart.Backbone);

        using var file = SafetensorsFile.Open(folder.File("w"));

        Assert.Equal(
            expected.Select(e => $"{e.Key} {TensorEntry.Text(e.Value)}").Order(StringComparer.Ordinal),
            file.Tensors.Select(t => $"{t.Name} {t.ShapeText}").Order(StringComparer.Ordinal)
        );
    }

    [OneDnnTheory]
    [InlineData("resnet18-imagenet", true)]
    [InlineData("resnet18-imagenet", false)]
    [InlineData("resnet18-cifar", true)]
    [InlineData("resnet50-imagenet", true)]
    public void Golden_SameWeightsAndImages_GiveItsFeaturesGradientsAndStatistics(string name, bool channelsLast)
    {
        var path = GoldenWeights.Unpack(name + ".safetensors", folder);
        using var golden = SafetensorsFile.Open(path);
        Tensor Peer(string what) => golden.Read(golden.Tensors.Single(t => t.Name == "peer." + what));
        SafetensorsFile.Write(
            folder.File("weights"),
            golden.Tensors.Where(t => !t.Name.StartsWith("peer.", StringComparison.Ordinal)).Select(t => (t.Name, golden.Read(t)))
        );
        using var encoder = new Encoder(GoldenWeights.Options(name) with { ChannelsLast = channelsLast }, seed: 1);
        EncoderWeights.Read(encoder, folder.File("weights"), EncoderPart.Backbone);
        var images = Peer("images").to_type(ScalarType.Float32) / 255;

        encoder.eval();
        Close(Peer("features.eval"), encoder.WithFeatures(images).Features, 1e-5);
        encoder.train();
        var features = encoder.Backbone.call(images).flatten(1);
        Close(Peer("features.train"), features, 1e-4);
        (features * Peer("direction")).sum().backward();
        var parameters = encoder.Backbone.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var gradient in golden.Tensors.Where(t => t.Name.StartsWith("peer.gradient.", StringComparison.Ordinal)))
            Close(golden.Read(gradient), parameters[gradient.Name["peer.gradient.".Length..]].grad!, 1e-3);
        Close(Peer("after.bn1.running_var"), encoder.Backbone.named_buffers().Single(b => b.name == "bn1.running_var").buffer, 1e-5);
    }

    [PeerTheory]
    [InlineData(BackboneKind.ResNet18, "resnet18")]
    [InlineData(BackboneKind.ResNet50, "resnet50")]
    internal void Live_WeightsMoveBothWays(BackboneKind kind, string name)
    {
        var (theirs, ours) = (folder.File("theirs"), folder.File("ours"));
        Python.Run("live_peer.py", "write", name, theirs);
        using var encoder = Full(kind);
        EncoderWeights.Read(encoder, theirs, EncoderPart.Backbone);
        encoder.eval();
        using var peer = SafetensorsFile.Open(theirs + ".peer");
        Tensor Peer(string what) => peer.Read(peer.Tensors.Single(t => t.Name == what));

        using (no_grad())
            Close(Peer("features"), encoder.WithFeatures(Peer("images")).Features, 1e-5);
        EncoderWeights.Write(encoder, ours, EncoderPart.Backbone);
        var difference = double.Parse(Python.Run("live_peer.py", "check", name, ours, theirs), CultureInfo.InvariantCulture);
        Assert.InRange(difference, 0, 1e-6);
    }

    static Encoder Full(BackboneKind kind) =>
        new(
            new()
            {
                Backbone = kind,
                Stem = Stem.ImageNet,
                HiddenSize = 8,
                ImageHeight = 64,
                ImageWidth = 64,
            },
            seed: 1
        );

    static void Close(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        var difference = (expected - actual).abs().max().item<float>() / expected.abs().max().item<float>();
        Assert.InRange(difference, 0, tolerance);
    }
}
