namespace CoKe.Trainer.Data;

/// <summary>A folder of IDX files: train-images-idx3-ubyte with its labels, and t10k-... (MNIST) or test-... (USPS) beside it, each with or without .gz.</summary>
static class IdxFolder
{
    public static bool Holds(string folder) => Find(folder, "train", "images") is not null || SinglePair(folder).Length > 0;

    /// <summary>The training images. Classes that cannot be read are noted and done without.</summary>
    public static LabeledSet ReadTrain(string folder, EvaluationGaps gaps)
    {
        return Read(folder, TrainPrefix(folder)
            ?? throw BadFile.Because(folder, "holds neither train-images-idx3-ubyte[.gz] nor data_batch_*.bin nor train.bin; give a folder of IDX files or of CIFAR binaries."), gaps);
    }

    /// <summary>The files of training images and their classes.</summary>
    public static string[] TrainFiles(string folder) => Files(folder, TrainPrefix(folder));

    /// <summary>The files of test images and their classes.</summary>
    public static string[] TestFiles(string folder) => Files(folder, TestPrefix(folder));

    static string[] Files(string folder, string? prefix) => prefix is null ? [] : [.. ((string[])["images", "labels"]).Select(kind => Find(folder, prefix, kind)).OfType<string>()];

    /// <summary>What the names of the files of training images begin with: train, or the name of the only pair, of which the caller then holds out a part. Null: there are none.</summary>
    static string? TrainPrefix(string folder) =>
        Find(folder, "train", "images") is not null ? "train"
        : SinglePair(folder) is [var single] && Path.GetFileName(single) is var name ? name[..name.IndexOf("-images", StringComparison.Ordinal)] : null;

    /// <summary>What the names of the files of test images begin with; null: there are none.</summary>
    public static string? TestPrefix(string folder) => Find(folder, "train", "images") is null ? null
        : Find(folder, "t10k", "images") is not null ? "t10k"
        : Find(folder, "test", "images") is not null ? "test" : null;

    /// <summary>The images of a name. Classes that cannot be read are noted and done without.</summary>
    public static LabeledSet Read(string folder, string prefix, EvaluationGaps gaps)
    {
        var imagesPath = Find(folder, prefix, "images")!;
        var images = IdxFile.ReadImages(imagesPath);
        return new LabeledSet(images, gaps.Read(() => Labels(folder, prefix, imagesPath, images.Count)));
    }

    static EvaluationLabels Labels(string folder, string prefix, string imagesPath, int count)
    {
        var labelsPath = Find(folder, prefix, "labels")
            ?? throw BadFile.Because(imagesPath, $"has no labels file beside it, so nothing is compared with its classes: put {prefix}-labels-idx1-ubyte[.gz] there, and 'coke-train evaluate' does so afterwards.");
        var labels = IdxFile.ReadLabels(labelsPath);
        return labels.Classes.Length == count ? labels
            : throw BadFile.Because(labelsPath, $"holds {labels.Classes.Length} labels for the {count} images of {Path.GetFileName(imagesPath)}: put the labels of these images there.");
    }

    static string[] SinglePair(string folder) => [.. Directory.EnumerateFiles(folder, "*-images*idx3-ubyte*").Order(StringComparer.Ordinal)];

    static string? Find(string folder, string prefix, string kind)
    {
        var type = kind == "images" ? "idx3-ubyte" : "idx1-ubyte";
        string[] names = [$"{prefix}-{kind}-{type}", $"{prefix}-{kind}-{type}.gz", $"{prefix}-{kind}.{type}", $"{prefix}-{kind}.{type}.gz"];
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }
}
