using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CoKe.ConstrainedKMeans;

namespace CoKe.Trainer.Data;

/// <summary>A data set: images to learn from, images held out, and the classes of both for evaluation at the end.</summary>
/// <param name="Name">The name of its folder.</param>
/// <param name="Train">The images that are clustered and learned from.</param>
/// <param name="Test">The images that are only evaluated.</param>
/// <param name="TrainLabels">Classes of <paramref name="Train"/>: the linear probe and the nearest neighbors read them, after training.</param>
/// <param name="TestLabels">Classes of <paramref name="Test"/>.</param>
public sealed record Dataset(string Name, ImageSet Train, ImageSet Test, EvaluationLabels TrainLabels, EvaluationLabels TestLabels)
{
    /// <summary>Every how many images one is held out, when a folder has no test files.</summary>
    public const int HoldOutEvery = 5;

    /// <summary>Reads a folder of IDX files (MNIST or USPS names, with or without .gz) or of CIFAR-10 or CIFAR-100 binaries.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="level">Which classes evaluation reads, where there are two levels of them.</param>
    /// <exception cref="InvalidFileException">Nothing that can be read is there, or a file is damaged.</exception>
    /// <exception cref="InvalidOptionsException">Coarse classes are asked for and the data has none.</exception>
    public static Dataset Load(string folder, ClassLevel level = ClassLevel.Fine)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        if (!Directory.Exists(folder))
            throw BadFile.Because(folder, "is no folder; give one with IDX files or CIFAR binaries.");
        var cifar = CifarFolder.LayoutOf(folder);
        if (level == ClassLevel.Coarse && cifar is not { ClassCounts.Length: > 1 })
            throw new InvalidOptionsException(nameof(level), $"{level}", $"{folder} has no coarse classes, only CIFAR-100 has them: leave the level at {ClassLevel.Fine}.");
        var (train, test) = cifar is not null ? CifarFolder.Read(folder, cifar, level) : IdxFolder.Read(folder);
        if (test is not { } held)
            return train.Images.Count >= HoldOutEvery
                ? HoldOut(name, train.Images, train.Labels)
                : throw BadFile.Because(folder, $"holds {train.Images.Count} images and no test images: give test images beside them, or at least {HoldOutEvery}, of which one is then held out.");
        if ((held.Images.Channels, held.Images.Height, held.Images.Width) != (train.Images.Channels, train.Images.Height, train.Images.Width))
            throw BadFile.Because(folder, $"holds test images of {held.Images.Height}x{held.Images.Width} and training images of {train.Images.Height}x{train.Images.Width}; both must have one size.");
        return new Dataset(name, train.Images, held.Images, train.Labels, held.Labels);
    }

    /// <summary>At most the first <paramref name="count"/> training images.</summary>
    public Dataset Limit(int count)
    {
        if (count >= Train.Count)
            return this;
        int[] first = [.. Enumerable.Range(0, count)];
        return this with { Train = Train.Select(first), TrainLabels = TrainLabels.Select(first) };
    }

    /// <summary>SHA-256 of every size, value and class: equal for equal data, wherever and in whichever files it lies.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (images, labels) in ((ImageSet, EvaluationLabels)[])[(Train, TrainLabels), (Test, TestLabels)])
        {
            hash.AppendData(MemoryMarshal.AsBytes<int>([images.Count, images.Channels, images.Height, images.Width]));
            hash.AppendData(images.Pixels);
            hash.AppendData(MemoryMarshal.AsBytes<int>(labels.Classes));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    static Dataset HoldOut(string name, ImageSet images, EvaluationLabels labels)
    {
        var all = Enumerable.Range(0, images.Count).ToLookup(i => i % HoldOutEvery == HoldOutEvery - 1);
        int[] train = [.. all[false]], test = [.. all[true]];
        return new Dataset(name, images.Select(train), images.Select(test), labels.Select(train), labels.Select(test));
    }
}
