using System.Text.RegularExpressions;
using CoKe.Learning.Images;

namespace CoKe.Learning.Data;

/// <summary>
/// IDX files that belong together: images to learn from, images to test with, and the labels of both, told by their names as MNIST, USPS,
/// EMNIST and QMNIST have them. A folder may hold several sets, as EMNIST's does.
/// </summary>
/// <param name="Folder">Where they are.</param>
/// <param name="Name">What the names of its files begin with; empty: with the part alone.</param>
/// <param name="Train">What the names of its training images and their labels begin with.</param>
/// <param name="Test">Of its test images likewise; null: there are none.</param>
sealed partial record IdxSet(string Folder, string Name, string Train, string? Test)
{
    const string Emnist = "emnist-";

    static readonly string[] TestParts = ["t10k", "test"];

    /// <summary>Whether images lie on their sides, as all of EMNIST's do: rows are written as columns.</summary>
    public bool IsTransposed => Name.StartsWith(Emnist, StringComparison.Ordinal);

    /// <summary>The files of training images and their classes.</summary>
    public string[] TrainFiles => Files(Train);

    /// <summary>The files of test images and their classes; none without test images.</summary>
    public string[] TestFiles => Test is { } test ? Files(test) : [];

    /// <summary>The sets of a folder, by name.</summary>
    public static IReadOnlyList<IdxSet> In(string folder)
    {
        var prefixes = Directory
            .EnumerateFiles(folder, "*idx3-ubyte*")
            .Select(file => ImagesName().Match(Path.GetFileName(file)))
            .Where(match => match.Success)
            .Select(match => match.Groups["prefix"].Value)
            .ToHashSet();
        var sets = prefixes
            .Select(prefix => (Prefix: prefix, Match: PartName().Match(prefix)))
            .GroupBy(one => one.Match.Success ? one.Match.Groups["set"].Value : one.Prefix, one => one.Prefix)
            .OrderBy(set => set.Key, StringComparer.Ordinal);
        return [.. sets.Select(set => Of(folder, set.Key, [.. set]))];
    }

    /// <summary>The images of a part. Classes that cannot be read are noted and done without.</summary>
    /// <param name="prefix"><see cref="Train"/> or <see cref="Test"/>.</param>
    /// <param name="limit">At most so many bytes.</param>
    /// <param name="gaps">Told of classes that cannot be read.</param>
    public LabeledSet Read(string prefix, int limit, EvaluationGaps gaps)
    {
        var path = Find(prefix, "images")!;
        var images = IdxFile.ReadImages(path, limit);
        return new LabeledSet(IsTransposed ? images.Transposed() : images, gaps.Read(() => Labels(prefix, path, images.Count)));
    }

    static IdxSet Of(string folder, string name, string[] prefixes)
    {
        string? Part(string part) => Array.Find(prefixes, prefix => prefix == (name.Length > 0 ? $"{name}-{part}" : part));
        var tests = TestParts.Select(Part).OfType<string>().ToArray();
        return Part("train") is { } train
            ? new IdxSet(folder, name, train, tests.FirstOrDefault())
            : new IdxSet(folder, name, prefixes.Order(StringComparer.Ordinal).First(), null);
    }

    string[] Files(string prefix) => [.. ((string[])["images", "labels"]).Select(kind => Find(prefix, kind)).OfType<string>()];

    EvaluationLabels Labels(string prefix, string imagesPath, int count)
    {
        var path = Find(prefix, "labels")
            ?? throw BadFile.Because(
                imagesPath,
                $"has no labels file beside it, so nothing is compared with its classes: put {prefix}-labels-idx1-ubyte[.gz] there, "
                    + "and 'coke-train evaluate' does so afterwards."
            );
        var labels = IdxFile.ReadLabels(path);
        return labels.Classes.Length == count
            ? labels
            : throw BadFile.Because(
                path,
                $"holds {labels.Classes.Length} labels for the {count} images of {Path.GetFileName(imagesPath)}: "
                    + "put the labels of these images there."
            );
    }

    string? Find(string prefix, string kind)
    {
        string[] types = kind == "images" ? ["idx3-ubyte"] : ["idx1-ubyte", "idx2-int"];
        return (
            from type in types
            from dot in (char[])['-', '.']
            from packed in (string[])["", ".gz"]
            select Path.Combine(Folder, $"{prefix}-{kind}{dot}{type}{packed}")
        ).FirstOrDefault(File.Exists);
    }

    [GeneratedRegex(@"^(?<prefix>.+)-images[-.]idx3-ubyte(\.gz)?$", RegexOptions.CultureInvariant)]
    private static partial Regex ImagesName();

    [GeneratedRegex("^((?<set>.+)-)?(train|t10k|test)$", RegexOptions.CultureInvariant)]
    private static partial Regex PartName();
}
