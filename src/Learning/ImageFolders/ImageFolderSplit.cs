using CoKe.Learning.Images;

namespace CoKe.Learning.ImageFolders;

/// <summary>Training and test images in folders beside each other, as ImageNet has them.</summary>
/// <param name="Train">The training part, or the folder itself if there is none in it.</param>
/// <param name="Test">The test part beside it, with the class numbers of the training images; null: there is none that can be
/// evaluated.</param>
public sealed record ImageFolderSplit(ImageFolder Train, ImageFolder? Test)
{
    /// <summary>What cannot be evaluated, and why.</summary>
    public EvaluationGaps Gaps { get; init; } = new();

    /// <summary>What the folder holds, and what became of it.</summary>
    public IReadOnlyList<FoundItems> Found { get; init; } = [];

    /// <summary>Lists both.</summary>
    /// <exception cref="CoKe.Errors.InvalidFileException">There are no training images.</exception>
    public static ImageFolderSplit Open(string root)
    {
        if (!Directory.Exists(root))
            throw BadFile.Because(root, $"is no folder; give one with {ImageNames.Read} files, or with a folder of them for every class.");
        var parts = PartFolders.In(root);
        if (parts.Train is null)
        {
            var all = ImageFolder.Open(root);
            return new ImageFolderSplit(all, null) { Found = [.. all.Found(ImageFolder.TrainingImages, ""), .. Doubt(root, parts)] };
        }
        var images = ImageFolder.Open(Path.Combine(root, parts.Train));
        var gaps = new EvaluationGaps();
        var (found, test) = (new List<FoundItems>(images.Found(ImageFolder.TrainingImages, parts.Train + '/')), (ImageFolder?)null);
        foreach (var name in parts.Tests)
        {
            if (test is not null)
                found.Add(LeftOut(root, [name], "left out: images of another test part"));
            else if (gaps.Read(() => TestImages(Path.Combine(root, name), images, gaps)) is { } usable)
            {
                test = usable;
                found.AddRange(usable.Found(ImageFolder.TestImages, name + '/'));
            }
            else
                found.Add(LeftOut(root, [name], "left out: test images that cannot be evaluated"));
        }
        if (parts.Others.Count > 0)
            found.Add(LeftOut(root, parts.Others, "left out: images in folders beside the training images"));
        found.AddRange(
            FoundItems.Of(
                ImageFolder.Beside,
                [
                    .. Directory
                        .EnumerateFiles(root)
                        .Where(ImageNames.IsImage)
                        .Select(file => Path.GetFileName(file))
                        .Order(StringComparer.Ordinal),
                ]
            )
        );
        return new ImageFolderSplit(images, test) { Gaps = gaps, Found = found };
    }

    /// <summary>Images in folders of the classes that are learned from; or of classes that a table tells, where their folders are
    /// others.</summary>
    static ImageFolder TestImages(string folder, ImageFolder train, EvaluationGaps gaps)
    {
        var images = ImageFolder.Open(folder);
        var told = images.Classes.Intersect(train.Classes).Any() ? images : images.WithClassesOfTable();
        if (told.Paths.Count < images.Paths.Count)
            gaps.Add(
                $"{images.Paths.Count - told.Paths.Count:N0} of the {images.Paths.Count:N0} images in {folder} are not in its table of "
                    + "classes, so they are not evaluated: add them to it, or leave it at that."
            );
        return told.WithClassesOf(train, gaps);
    }

    static IEnumerable<FoundItems> Doubt(string root, PartFolders parts) =>
        parts.Doubtful is { } name
            ?
            [
                new FoundItems(
                    "taken for a class",
                    1,
                    $"{name}, as the folders beside it; if it holds the training images, give --data {Path.Combine(root, name)}"
                ),
            ]
            : [];

    static FoundItems LeftOut(string root, IReadOnlyList<string> folders, string what)
    {
        var counts = folders.Select(name => (Name: name, Count: PartFolders.Images(Path.Combine(root, name)).Count())).ToArray();
        return new FoundItems(
            what,
            counts.Sum(folder => folder.Count),
            FoundItems.Some([.. counts.Select(folder => $"{folder.Name} {folder.Count}")])
        );
    }
}
