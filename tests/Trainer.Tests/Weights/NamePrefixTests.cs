using CoKe.Errors;
using CoKe.Learning.Encoders;
using CoKe.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Weights;

/// <summary>Names as wrappers and other programs write them: what stands before them is passed over, and said.</summary>
public sealed class NamePrefixTests : IDisposable
{
    static readonly EncoderOptions Options = GoldenWeights.Options("resnet18-cifar") with { BaseWidth = 2 };

    readonly TemporaryFolder _folder = new();
    readonly DisposeScope _scope = NewDisposeScope();
    readonly Encoder _from = new(Options, seed: 1),
        _to = new(Options, seed: 2);

    string Path => _folder.File("weights");

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("encoder.")]
    [InlineData("backbone.")]
    [InlineData("model.")]
    [InlineData("_orig_mod.")]
    [InlineData("_orig_mod.module.")]
    [InlineData("module._orig_mod.")]
    [InlineData("module.encoder_q.")]
    [InlineData("state_dict.model.backbone.")]
    [InlineData("online_network.0.")]
    public void Read_BackboneBehindAPrefix_IsItAndSaysSo(string prefix)
    {
        Write(EncoderPart.Backbone, name => prefix + name);

        Assert.Contains($"names begin with {prefix}, which was passed over", EncoderWeights.Read(_to, Path));
        Assert.Equal(Values(_from.Backbone), Values(_to.Backbone));
    }

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.")]
    [InlineData("net.")]
    public void Read_WholeBehindAPrefix_IsAllOfIt(string prefix)
    {
        Write(EncoderPart.Whole, name => prefix + name);

        Assert.Contains(prefix, EncoderWeights.Read(_to, Path));
        Assert.Equal(Values(_from), Values(_to));
    }

    /// <summary>Parts of a model that were wrapped one by one.</summary>
    [Theory]
    [InlineData("_orig_mod")]
    [InlineData("module")]
    public void Read_WrappersInTheMiddleOfNames_ArePassedOver(string wrapper)
    {
        Write(EncoderPart.Whole, name => name[..name.IndexOf('.')] + $".{wrapper}" + name[name.IndexOf('.')..]);

        Assert.Contains("was read as", EncoderWeights.Read(_to, Path));
        Assert.Equal(Values(_from), Values(_to));
    }

    [Fact]
    public void Read_WithoutPrefix_SaysNothing()
    {
        Write(EncoderPart.Backbone, name => name);

        Assert.Null(EncoderWeights.Read(_to, Path));
        Assert.Equal(Values(_from.Backbone), Values(_to.Backbone));
    }

    [Fact]
    public void Read_OtherTensorsBesideIt_ArePassedOverAndCounted()
    {
        Write(EncoderPart.Backbone, name => $"backbone.{name}", ("prototypes.weight", zeros(3, 4)), ("queue", zeros(2)));

        var said = EncoderWeights.Read(_to, Path)!;

        Assert.Contains("2 of its ", said);
        Assert.Contains("prototypes.weight", said);
    }

    /// <summary>Momentum encoders lie beside the trained ones. What the message advises is followed.</summary>
    [Fact]
    public void Read_TwoEncoders_NamesBothAndTakesTheOneThatIsGiven()
    {
        var other = new Encoder(Options, seed: 3);
        SafetensorsFile.Write(
            Path,
            [
                .. Tensors(_from, EncoderPart.Backbone, name => $"module.encoder_q.{name}"),
                .. Tensors(other, EncoderPart.Backbone, name => $"module.encoder_k.{name}"),
            ]
        );

        var refused = Assert.Throws<InvalidFileException>(() => EncoderWeights.Read(_to, Path)).Message;

        Assert.EndsWith("give one of them by --prefix encoder_k, or --prefix encoder_q.", refused);
        Assert.Contains("module.encoder_q.", EncoderWeights.Read(_to, Path, prefix: "encoder_q"));
        Assert.Equal(Values(_from.Backbone), Values(_to.Backbone));
        EncoderWeights.Read(_to, Path, prefix: "module.encoder_k.");
        Assert.Equal(Values(other.Backbone), Values(_to.Backbone));
        Assert.Contains(
            "give --prefix encoder_k, or --prefix encoder_q",
            Assert.Throws<InvalidFileException>(() => EncoderWeights.Read(_to, Path, prefix: "teacher")).Message
        );
    }

    [Fact]
    public void Read_OneLackingBehindAPrefix_IsNamedAloneAndChangesNothing()
    {
        var before = Values(_to);
        SafetensorsFile.Write(
            Path,
            [.. Tensors(_from, EncoderPart.Backbone, name => $"encoder.{name}").Where(t => t.Name != "encoder.bn1.bias")]
        );

        var refused = Assert.Throws<InvalidFileException>(() => EncoderWeights.Read(_to, Path)).Message;

        Assert.Contains("does not hold bn1.bias: ", refused);
        Assert.Equal(before, Values(_to));
    }

    [Fact]
    public void Read_WholeEncoderOfAnotherProjection_GivesItsBackbone()
    {
        var other = new Encoder(Options with { ProjectionLayers = 3, Prediction = true }, seed: 2);
        Write(EncoderPart.Whole, name => name);

        Assert.Contains("names begin with backbone.", EncoderWeights.Read(other, Path));
        Assert.Equal(Values(_from.Backbone), Values(other.Backbone));
    }

    void Write(EncoderPart part, Func<string, string> rename, params (string, Tensor)[] others) =>
        SafetensorsFile.Write(Path, [.. Tensors(_from, part, rename), .. others]);

    static IEnumerable<(string Name, Tensor Values)> Tensors(Encoder encoder, EncoderPart part, Func<string, string> rename) =>
        EncoderWeights.TensorsOf(encoder, part).Select(t => (rename(t.Name), t.Values));

    static float[] Values(nn.Module module) =>
        [.. module.parameters().Concat<Tensor>(module.buffers()).SelectMany(t => t.detach().contiguous().data<float>().ToArray())];
}
