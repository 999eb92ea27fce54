using System.IO.Compression;
using CoKe.Learning.Encoders;
using CoKe.Trainer.Tests.Data;

namespace CoKe.Trainer.Tests.Weights;

/// <summary>Files that Peers/make_golden.py wrote with PyTorch.</summary>
static class GoldenWeights
{
    public static byte[] Content(string name)
    {
        using var packed = new GZipStream(
            File.OpenRead(Path.Combine(AppContext.BaseDirectory, "golden", name + ".gz")),
            CompressionMode.Decompress
        );
        using var content = new MemoryStream();
        packed.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>Unpacks a file into <paramref name="folder"/>.</summary>
    public static string Unpack(string name, TemporaryFolder folder) => folder.Write(name, Content(name));

    public static EncoderOptions Options(string name) =>
        new()
        {
            Backbone = name.StartsWith("resnet18", StringComparison.Ordinal) ? BackboneKind.ResNet18 : BackboneKind.ResNet50,
            Stem = name.EndsWith("cifar", StringComparison.Ordinal) ? Stem.Cifar : Stem.ImageNet,
            BaseWidth = name == "resnet18-imagenet" ? 4 : 2,
            HiddenSize = 8,
            Dimension = 4,
            ImageHeight = 64,
            ImageWidth = 64,
        };
}
