using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CoKe.Errors;
using CoKe.Learning.Images;

namespace CoKe.Learning.Data;

/// <summary>A data set: images to learn from, images held out, and the classes of both for evaluation at the end. What is only evaluated
/// may be missing.</summary>
/// <param name="Name">The name of its folder.</param>
/// <param name="Train">The images that are clustered and learned from.</param>
/// <param name="Test">The images that are only evaluated; null: there are none.</param>
/// <param name="TrainLabels">Classes of <paramref name="Train"/>: the linear probe and the nearest neighbors read them, after training.
/// Null: nobody knows them.</param>
/// <param name="TestLabels">Classes of <paramref name="Test"/>; null likewise.</param>
public sealed record Dataset(string Name, ImageSet Train, ImageSet? Test, EvaluationLabels? TrainLabels, EvaluationLabels? TestLabels)
{
    /// <summary>Every how many images one is held out, when a folder has no test files.</summary>
    public const int HoldOutEvery = 5;

    /// <summary>What could not be read for evaluation.</summary>
    public EvaluationGaps Gaps { get; init; } = new();

    /// <summary>What the folder holds, and what became of it.</summary>
    public IReadOnlyList<FoundItems> Found { get; init; } = [];

    /// <summary>Reads a folder of IDX files (MNIST, USPS, EMNIST or QMNIST names, packed by gzip or not) or of CIFAR-10 or CIFAR-100
    /// binaries.</summary>
    /// <param name="path">Where the files are; see <see cref="DataPlace"/>.</param>
    /// <param name="level">Which classes evaluation reads, where there are two levels of them.</param>
    /// <param name="limit">At most so many bytes of images are taken into memory, of training and test images each.</param>
    /// <exception cref="InvalidFileException">Nothing that can be read is there, or a file of training images is damaged.</exception>
    /// <exception cref="InvalidOptionsException">Coarse classes are asked for and the data has none.</exception>
    public static Dataset Load(string path, ClassLevel level = ClassLevel.Fine, int limit = IdxFile.DefaultLimit) =>
        Load(DataPlace.Of(path), level, limit);

    /// <inheritdoc cref="Load(string, ClassLevel, int)"/>
    internal static Dataset Load(DataPlace place, ClassLevel level = ClassLevel.Fine, int limit = IdxFile.DefaultLimit)
    {
        var (folder, gaps) = (place.Folder, new EvaluationGaps());
        if (level == ClassLevel.Coarse && place.Format != DataFormat.Cifar100)
            throw new InvalidOptionsException(
                nameof(level),
                $"{level}",
                $"{folder} has no coarse classes, only CIFAR-100 has them: leave evaluation.classes at fine."
            );
        LabeledSet train;
        string[] trainFiles,
            testFiles;
        Func<LabeledSet> readTest;
        if (place.Set is { } set)
            (train, trainFiles, testFiles, readTest) = (set.Read(set.Train, limit, gaps), set.TrainFiles, set.TestFiles, () =>
                set.Read(set.Test!, limit, gaps)
            );
        else if (place.Layout is { } layout)
            (train, trainFiles, testFiles, readTest) = (
                CifarFolder.ReadTrain(folder, layout, level, limit),
                layout.TrainFilesIn(folder),
                CifarFolder.TestFile(folder, layout) is { } file ? [file] : [],
                () => CifarFolder.Read([CifarFolder.TestFile(folder, layout)!], layout, level, limit)
            );
        else
            throw BadFile.Because(
                folder,
                "holds neither train-images-idx3-ubyte[.gz] nor data_batch_*.bin nor train.bin; "
                    + "give a folder of IDX files or of CIFAR binaries."
            );
        // Whether some are held out depends on the names of files alone: what is learned from must not change with what is evaluated.
        if (testFiles.Length == 0)
        {
            var data = HoldOut(place.Name, train, gaps, folder);
            return data with { Found = FoundIn(place, data, trainFiles, testFiles) };
        }
        var test = gaps.Read(() =>
        {
            var held = readTest();
            return
                (held.Images.Channels, held.Images.Height, held.Images.Width)
                == (train.Images.Channels, train.Images.Height, train.Images.Width)
                ? held
                : throw BadFile.Because(
                    folder,
                    $"holds test images of {held.Images.Height}x{held.Images.Width} and training images of "
                        + $"{train.Images.Height}x{train.Images.Width}, so the former are not evaluated: both must have one size."
                );
        });
        var whole = new Dataset(place.Name, train.Images, test?.Images, train.Labels, test?.Labels) { Gaps = gaps };
        return whole with { Found = FoundIn(place, whole, trainFiles, testFiles) };
    }

    static IReadOnlyList<FoundItems> FoundIn(DataPlace place, Dataset data, string[] trainFiles, string[] testFiles)
    {
        string[] Names(string[] files) => [.. files.Select(file => place.Below + Path.GetFileName(file))];
        string[] others =
        [
            .. Directory
                .EnumerateFileSystemEntries(place.Folder)
                .Except([.. trainFiles, .. testFiles])
                .Select(entry => Path.GetFileName(entry))
                .Where(name => !name.StartsWith('.'))
                .Select(name => place.Below + name)
                .Order(StringComparer.Ordinal),
        ];
        return
        [
            new FoundItems(
                "training images",
                data.Train.Count,
                FoundItems.Some(Names(trainFiles))
                    + (place.Set is { IsTransposed: true } ? "; set upright, since EMNIST's lie on their sides" : "")
            ),
            .. data.Test is not { } test
                ? (FoundItems[])[]
                :
                [
                    new FoundItems(
                        "test images",
                        test.Count,
                        testFiles.Length > 0 ? FoundItems.Some(Names(testFiles)) : $"every {HoldOutEvery}th of the same files, held out"
                    ),
                ],
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

    /// <summary>SHA-256 of size and values of the training images, which are all that training reads: equal for equal ones, wherever and in
    /// whichever files they lie.</summary>
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
            gaps.Add(
                $"{folder} holds {images.Images.Count} images and no test images, so nothing is held out: give test images beside them, "
                    + $"or at least {HoldOutEvery}, of which one is then held out."
            );
            return new Dataset(name, images.Images, null, images.Labels, null) { Gaps = gaps };
        }
        var (train, test) = (images.Select([.. all[false]]), images.Select([.. all[true]]));
        return new Dataset(name, train.Images, test.Images, train.Labels, test.Labels) { Gaps = gaps };
    }
}
