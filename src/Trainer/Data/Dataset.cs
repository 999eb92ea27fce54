using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CoKe.ConstrainedKMeans;

namespace CoKe.Trainer.Data;

/// <summary>A data set: images to learn from, images held out, and the classes of both for evaluation at the end. What is only evaluated may be missing.</summary>
/// <param name="Name">The name of its folder.</param>
/// <param name="Train">The images that are clustered and learned from.</param>
/// <param name="Test">The images that are only evaluated; null: there are none.</param>
/// <param name="TrainLabels">Classes of <paramref name="Train"/>: the linear probe and the nearest neighbors read them, after training. Null: nobody knows them.</param>
/// <param name="TestLabels">Classes of <paramref name="Test"/>; null likewise.</param>
public sealed record Dataset(string Name, ImageSet Train, ImageSet? Test, EvaluationLabels? TrainLabels, EvaluationLabels? TestLabels)
{
    /// <summary>Every how many images one is held out, when a folder has no test files.</summary>
    public const int HoldOutEvery = 5;

    /// <summary>What could not be read for evaluation.</summary>
    public EvaluationGaps Gaps { get; init; } = new();

    /// <summary>What the folder holds, and what became of it.</summary>
    public IReadOnlyList<FoundItems> Found { get; init; } = [];

    /// <summary>Reads a folder of IDX files (MNIST or USPS names, with or without .gz) or of CIFAR-10 or CIFAR-100 binaries.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="level">Which classes evaluation reads, where there are two levels of them.</param>
    /// <exception cref="InvalidFileException">Nothing that can be read is there, or a file of training images is damaged.</exception>
    /// <exception cref="InvalidOptionsException">Coarse classes are asked for and the data has none.</exception>
    public static Dataset Load(string folder, ClassLevel level = ClassLevel.Fine)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        if (!Directory.Exists(folder))
            throw BadFile.Because(folder, "is no folder; give one with IDX files or CIFAR binaries.");
        var cifar = CifarFolder.LayoutOf(folder);
        if (level == ClassLevel.Coarse && cifar is not { ClassCounts.Length: > 1 })
            throw new InvalidOptionsException(nameof(level), $"{level}", $"{folder} has no coarse classes, only CIFAR-100 has them: leave the level at {ClassLevel.Fine}.");
        var gaps = new EvaluationGaps();
        var train = cifar is not null ? CifarFolder.ReadTrain(folder, cifar, level) : IdxFolder.ReadTrain(folder, gaps);
        // Whether some are held out depends on the names of files alone: what is learned from must not change with what is evaluated.
        var (trainFiles, testFiles) = cifar is not null ? (cifar.TrainFilesIn(folder), CifarFolder.TestFile(folder, cifar) is { } file ? [file] : (string[])[]) : (IdxFolder.TrainFiles(folder), IdxFolder.TestFiles(folder));
        if (testFiles.Length == 0)
        {
            var data = HoldOut(name, train, gaps, folder);
            return data with { Found = FoundIn(folder, data, trainFiles, testFiles) };
        }
        var test = gaps.Read(() =>
        {
            var held = cifar is not null ? CifarFolder.Read([CifarFolder.TestFile(folder, cifar)!], cifar, level) : IdxFolder.Read(folder, IdxFolder.TestPrefix(folder)!, gaps);
            return (held.Images.Channels, held.Images.Height, held.Images.Width) == (train.Images.Channels, train.Images.Height, train.Images.Width) ? held
                : throw BadFile.Because(folder, $"holds test images of {held.Images.Height}x{held.Images.Width} and training images of {train.Images.Height}x{train.Images.Width}, so the former are not evaluated: both must have one size.");
        });
        var whole = new Dataset(name, train.Images, test?.Images, train.Labels, test?.Labels) { Gaps = gaps };
        return whole with { Found = FoundIn(folder, whole, trainFiles, testFiles) };
    }

    static IReadOnlyList<FoundItems> FoundIn(string folder, Dataset data, string[] trainFiles, string[] testFiles)
    {
        string[] Names(string[] files) => [.. files.Select(file => Path.GetFileName(file))];
        string[] others = [.. Directory.EnumerateFileSystemEntries(folder).Except([.. trainFiles, .. testFiles]).Select(entry => Path.GetFileName(entry)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];
        return
        [
            new FoundItems("training images", data.Train.Count, FoundItems.Some(Names(trainFiles))),
            .. data.Test is not { } test ? (FoundItems[])[]
                : [new FoundItems("test images", test.Count, testFiles.Length > 0 ? FoundItems.Some(Names(testFiles)) : $"every {HoldOutEvery}th of the same files, held out")],
            .. FoundItems.Of("left out: other files and folders", others),
        ];
    }

    /// <summary>At most the first <paramref name="count"/> training images.</summary>
    public Dataset Limit(int count)
    {
        if (count >= Train.Count)
            return this;
        int[] first = [.. Enumerable.Range(0, count)];
        return this with { Train = Train.Select(first), TrainLabels = TrainLabels?.Select(first) };
    }

    /// <summary>SHA-256 of size and values of the training images, which are all that training reads: equal for equal ones, wherever and in whichever files they lie.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<int>([Train.Count, Train.Channels, Train.Height, Train.Width]));
        hash.AppendData(Train.Pixels);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    static Dataset HoldOut(string name, LabeledSet images, EvaluationGaps gaps, string folder)
    {
        var all = Enumerable.Range(0, images.Images.Count).ToLookup(i => i % HoldOutEvery == HoldOutEvery - 1);
        if (!all[true].Any())
        {
            gaps.Add($"{folder} holds {images.Images.Count} images and no test images, so nothing is held out: give test images beside them, or at least {HoldOutEvery}, of which one is then held out.");
            return new Dataset(name, images.Images, null, images.Labels, null) { Gaps = gaps };
        }
        var (train, test) = (images.Select([.. all[false]]), images.Select([.. all[true]]));
        return new Dataset(name, train.Images, test.Images, train.Labels, test.Labels) { Gaps = gaps };
    }
}
