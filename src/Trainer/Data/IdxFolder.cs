namespace CoKe.Trainer.Data;

/// <summary>A folder of IDX files: train-images-idx3-ubyte with its labels, and t10k-... (MNIST) or test-... (USPS) beside it, each with or without .gz.</summary>
static class IdxFolder
{
    public static bool Holds(string folder) => Find(folder, "train", "images") is not null || SinglePair(folder).Length > 0;

    public static ((ImageSet Images, EvaluationLabels Labels) Train, (ImageSet Images, EvaluationLabels Labels)? Test) Read(string folder)
    {
        if (Find(folder, "train", "images") is null)
        {
            // One pair of any name will do; the caller then holds out a part of it.
            var single = SinglePair(folder);
            if (single.Length != 1)
                throw BadFile.Because(folder, "holds neither train-images-idx3-ubyte[.gz] nor data_batch_*.bin nor train.bin; give a folder of IDX files or of CIFAR binaries.");
            var prefix = Path.GetFileName(single[0]);
            return (Pair(folder, prefix[..prefix.IndexOf("-images", StringComparison.Ordinal)]), null);
        }
        var test = Find(folder, "t10k", "images") is not null ? "t10k" : Find(folder, "test", "images") is not null ? "test" : null;
        return (Pair(folder, "train"), test is null ? null : Pair(folder, test));
    }

    static (ImageSet, EvaluationLabels) Pair(string folder, string prefix)
    {
        var imagesPath = Find(folder, prefix, "images")!;
        var labelsPath = Find(folder, prefix, "labels")
            ?? throw BadFile.Because(imagesPath, $"has no labels file {prefix}-labels-idx1-ubyte[.gz] beside it; evaluation needs one.");
        var (images, labels) = (IdxFile.ReadImages(imagesPath), IdxFile.ReadLabels(labelsPath));
        if (images.Count != labels.Classes.Length)
            throw BadFile.Because(labelsPath, $"holds {labels.Classes.Length} labels for the {images.Count} images of {Path.GetFileName(imagesPath)}; the counts must be equal.");
        return (images, labels);
    }

    static string[] SinglePair(string folder) => [.. Directory.EnumerateFiles(folder, "*-images*idx3-ubyte*").Order(StringComparer.Ordinal)];

    static string? Find(string folder, string prefix, string kind)
    {
        var type = kind == "images" ? "idx3-ubyte" : "idx1-ubyte";
        string[] names = [$"{prefix}-{kind}-{type}", $"{prefix}-{kind}-{type}.gz", $"{prefix}-{kind}.{type}", $"{prefix}-{kind}.{type}.gz"];
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }
}
