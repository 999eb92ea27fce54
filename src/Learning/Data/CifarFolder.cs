using System.Text.Json.Serialization;
using CoKe.Files;
using CoKe.Learning.Images;

namespace CoKe.Learning.Data;

/// <summary>Which classes of CIFAR-100 evaluation reads.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClassLevel>))]
public enum ClassLevel
{
    /// <summary>The 100 classes.</summary>
    Fine,

    /// <summary>The 20 superclasses: CIFAR-100-20.</summary>
    Coarse,
}

/// <summary>CIFAR's binary layouts: records of label bytes and the 3,072 bytes of a 32x32 image (red, green, blue planes).</summary>
/// <param name="Name">What it is called.</param>
/// <param name="TrainFiles">Names of the training files.</param>
/// <param name="TestFile">Name of the file with test images.</param>
/// <param name="ClassCounts">Classes of every label byte, coarse before fine.</param>
sealed record CifarLayout(string Name, string TrainFiles, string TestFile, int[] ClassCounts)
{
    public static readonly CifarLayout[] All =
    [
        new("CIFAR-10", "data_batch_*.bin", "test_batch.bin", [10]),
        new("CIFAR-100", "train.bin", "test.bin", [20, 100]),
    ];

    public int RecordBytes => ClassCounts.Length + CifarFolder.ImageBytes;

    public string[] TrainFilesIn(string folder) => [.. Directory.EnumerateFiles(folder, TrainFiles).Order(StringComparer.Ordinal)];
}

/// <summary>A folder of CIFAR-10 or CIFAR-100 binaries.</summary>
static class CifarFolder
{
    public const int ImageBytes = Channels * Side * Side;
    const int Side = 32,
        Channels = 3;

    /// <summary>What the folder holds; null: something else.</summary>
    public static CifarLayout? LayoutOf(string folder) => CifarLayout.All.FirstOrDefault(l => l.TrainFilesIn(folder).Length > 0);

    /// <summary>The training images.</summary>
    public static LabeledSet ReadTrain(string folder, CifarLayout layout, ClassLevel level, int limit) =>
        Read(layout.TrainFilesIn(folder), layout, level, limit);

    /// <summary>The file of test images; null: there is none.</summary>
    public static string? TestFile(string folder, CifarLayout layout) =>
        Path.Combine(folder, layout.TestFile) is var test && File.Exists(test) ? test : null;

    /// <summary>The images of some files, one after the other.</summary>
    public static LabeledSet Read(string[] paths, CifarLayout layout, ClassLevel level, int limit)
    {
        foreach (var path in paths)
        {
            var length = new FileInfo(path).Length;
            if (length == 0 || length % layout.RecordBytes != 0)
                throw BadFile.Because(
                    path,
                    Wanted.Data,
                    $"has {length} bytes, which is no whole number of {layout.Name} records of {layout.RecordBytes}: "
                        + "it is truncated or something else; fetch it again."
                );
        }
        var total = paths.Sum(path => new FileInfo(path).Length);
        if (total > limit)
            throw BadFile.Because(
                paths[0],
                $"and its siblings hold {total} bytes, more than the {limit} of data.byte-limit: raise that, up to {Array.MaxLength}, "
                    + "or give fewer files."
            );
        var count = (int)(total / layout.RecordBytes);
        var (pixels, classes, next, labels) = (new byte[(long)count * ImageBytes], new int[count], 0, layout.ClassCounts.Length);
        foreach (var path in paths)
        {
            var bytes = File.ReadAllBytes(path);
            for (var at = 0; at + layout.RecordBytes <= bytes.Length && next < count; at += layout.RecordBytes, next++)
            {
                for (var label = 0; label < labels; label++)
                    if (bytes[at + label] >= layout.ClassCounts[label])
                        throw BadFile.Because(
                            path,
                            Wanted.Data,
                            $"has the label {bytes[at + label]} at byte {at + label}, "
                                + $"where {layout.Name} has 0 to {layout.ClassCounts[label] - 1}: it is no {layout.Name} binary; "
                                + "fetch it again."
                        );
                classes[next] = bytes[level == ClassLevel.Coarse ? at : at + labels - 1];
                bytes.AsSpan(at + labels, ImageBytes).CopyTo(pixels.AsSpan(next * ImageBytes));
            }
        }
        return new LabeledSet(new ImageSet(pixels, Channels, Side, Side), new EvaluationLabels(classes));
    }
}
