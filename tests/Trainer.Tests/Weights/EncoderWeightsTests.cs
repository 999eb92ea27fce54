using CoKe.Errors;
using CoKe.Learning.Encoders;
using CoKe.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Weights;

public sealed class EncoderWeightsTests : IDisposable
{
    static readonly EncoderOptions Options = GoldenWeights.Options("resnet18-cifar") with { Prediction = true, ProjectionLayers = 3 };

    readonly TemporaryFolder _folder = new();
    readonly DisposeScope _scope = NewDisposeScope();

    string Path => _folder.File("weights");

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whole_WrittenAndRead_IsTheSameEncoder(bool channelsLast)
    {
        var (from, to) = (new Encoder(Options, seed: 1), new Encoder(Options with { ChannelsLast = channelsLast }, seed: 2));
        from.call(rand(4, 3, 32, 32)); // statistics move
        from.eval();
        to.eval();
        EncoderWeights.Write(from, Path, EncoderPart.Whole);

        EncoderWeights.Read(to, Path, EncoderPart.Whole);

        var images = rand(4, 3, 32, 32);
        Assert.True((from.WithPrediction(images).Predicted - to.WithPrediction(images).Predicted).abs().max().item<float>() < 1e-5);
        Assert.Equal(Values(from), Values(to));
    }

    [Fact]
    public void Brief_HalvesTheFile()
    {
        using var encoder = new Encoder(Options with { BaseWidth = 16 }, seed: 1);
        EncoderWeights.Write(encoder, Path, EncoderPart.Backbone);
        EncoderWeights.Write(encoder, _folder.File("brief"), EncoderPart.Backbone, brief: true);

        EncoderWeights.Read(encoder, _folder.File("brief"), EncoderPart.Backbone);

        Assert.InRange(new FileInfo(_folder.File("brief")).Length / (double)new FileInfo(Path).Length, 0.49, 0.55);
        var weight = encoder.Backbone.parameters().First();
        Assert.True(weight.equal(weight.to_type(ScalarType.BFloat16)).all().item<bool>());
    }

    public static TheoryData<string, string> Unfitting =>
        new()
        {
            { "missing", "conv1.weight" },
            { "unexpected", "stranger" },
            { "shape", "bn1.bias ([3] in the file, [2] here)" },
            { "whole", "bn1.weight" },
            { "infinite", "bn1.running_var" },
            { "classifier", "fc.weight" },
            { "counter", "stray.num_batches_tracked" },
            { "truncated", "truncated" },
        };

    [Theory]
    [MemberData(nameof(Unfitting))]
    public void Read_Unfitting_IsRefusedByNameAndChangesNothing(string what, string name)
    {
        using var encoder = new Encoder(Options, seed: 1);
        using var other = new Encoder(Options, seed: 2);
        var before = Values(encoder);
        EncoderWeights.Write(other, Path, EncoderPart.Backbone);
        using (var file = SafetensorsFile.Open(Path))
        {
            var tensors = file.Tensors.ToDictionary(t => t.Name, file.Read);
            if (what == "missing")
                tensors.Remove(name);
            if (what is "unexpected" or "counter")
                tensors[name] = zeros([], ScalarType.Int64);
            if (what == "shape")
                tensors["bn1.bias"] = zeros(3);
            if (what == "whole")
                tensors[name] = ones([2], ScalarType.Int64);
            if (what == "infinite")
                tensors[name] = full([2], float.NaN);
            if (what == "classifier")
                tensors[name] = zeros(2, 2);
            SafetensorsFile.Write(Path, tensors.Select(t => (t.Key, t.Value)));
        }
        if (what == "truncated")
            File.WriteAllBytes(Path, File.ReadAllBytes(Path)[..^1]);

        var e = Assert.Throws<InvalidFileException>(() =>
            EncoderWeights.Read(encoder, Path, EncoderPart.Backbone, ignoreClassifier: what != "classifier")
        );

        Assert.Contains(name, e.Message);
        Assert.Equal(before, Values(encoder));
    }

    [Fact]
    public void Read_ManyMissing_AreCounted()
    {
        using var encoder = new Encoder(Options, seed: 1);
        SafetensorsFile.Write(Path, [("conv1.weight", zeros(2, 3, 3, 3))]);

        var e = Assert.Throws<InvalidFileException>(() => EncoderWeights.Read(encoder, Path, EncoderPart.Backbone));

        Assert.Contains(" more", e.Message);
    }

    [Fact]
    public void Read_Classifier_IsPassedOver()
    {
        using var encoder = new Encoder(Options, seed: 1);
        EncoderWeights.Write(encoder, Path, EncoderPart.Backbone);
        using (var file = SafetensorsFile.Open(Path))
            SafetensorsFile.Write(Path, file.Tensors.Select(t => (t.Name, file.Read(t))).Append(("fc.weight", zeros(2, 2))).ToArray());

        EncoderWeights.Read(encoder, Path, EncoderPart.Backbone);
    }

    static float[] Values(Encoder encoder) =>
        [.. encoder.parameters().Concat<Tensor>(encoder.buffers()).SelectMany(t => t.detach().contiguous().data<float>().ToArray())];
}
