using System.Text.Json.Serialization;

namespace CoKe.Learning.Data;

/// <summary>What a folder of images holds.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DataFormat>))]
public enum DataFormat
{
    /// <summary>Whatever it is; the bundled images where no folder is named.</summary>
    Any,

    /// <summary>IDX files, as of MNIST.</summary>
    Idx,

    /// <summary>Binaries of CIFAR-10.</summary>
    Cifar10,

    /// <summary>Binaries of CIFAR-100.</summary>
    Cifar100,

    /// <summary>Images (JPEG, PNG, WebP, BMP, GIF) in a folder per class, as of ImageNet; read while training.</summary>
    Folders,
}
