using System.Security.Cryptography;
using System.Text;
using CoKe.Errors;
using CoKe.Learning.Images;

namespace CoKe.Learning.ImageFolders;

/// <summary>
/// Image files in one folder per class, as the parts of ImageNet are; or right in a folder, then without classes. An image's id is the
/// place of its path in ordinal order: the same files have the same ids on every machine, in whichever order its disk lists them. Nothing
/// is decoded here.
/// </summary>
public sealed class ImageFolder
{
    readonly FolderScan _scan;

    ImageFolder(string root, FolderScan scan, IReadOnlyList<string> classes, int[]? labels, IReadOnlyList<string>? paths = null)
    {
        (Root, Classes, Labels, Paths, _scan) = (
            root,
            classes,
            labels is null ? null : new EvaluationLabels(labels),
            paths ?? scan.Images,
            scan
        );
        EmptyClasses = [.. Enumerable.Range(0, classes.Count).Except(labels ?? []).Select(c => classes[c])];
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The file of every image, by id: paths below the root, with slashes.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>Names of the classes, which are the folders right below the root, in ordinal order. Empty: the images have no
    /// classes.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The class of every image; null without classes.</summary>
    public EvaluationLabels? Labels { get; }

    /// <summary>Classes without an image. They keep their number.</summary>
    public IReadOnlyList<string> EmptyClasses { get; }

    /// <summary>Files that are no images by their names; images beside the folders of classes too.</summary>
    public IReadOnlyList<string> OtherFiles => _scan.OtherFiles;

    /// <summary>Links to a folder that they lie in, which were not followed.</summary>
    public IReadOnlyList<string> SkippedLinks => _scan.SkippedLinks;

    /// <summary>What was read here and what was left out, in lines.</summary>
    /// <param name="what">What the images are for.</param>
    /// <param name="prefix">The path of this folder below that of all, with a slash at its end; empty: it is that folder.</param>
    internal IEnumerable<FoundItems> Found(string what, string prefix)
    {
        var perClass = Labels?.Classes.CountBy(c => c).ToDictionary();
        IReadOnlyList<string> Named(Func<string, bool> which) =>
            [.. OtherFiles.Where(which).Select(path => prefix + path).Order(StringComparer.Ordinal)];
        bool IsBeside(string path) => ImageNames.IsImage(path) && !path.Contains('/');
        var others = Named(ImageNames.IsOtherImage);
        return
        [
            new FoundItems(
                what,
                Paths.Count,
                (prefix.Length > 0 ? $"{prefix}: " : "")
                    + (
                        perClass is null
                            ? "no folders of classes"
                            : FoundItems.Some([.. Classes.Select((name, number) => $"{name} {perClass.GetValueOrDefault(number)}")])
                    )
            ),
            .. what == TrainingImages ? FoundItems.Of("left out: classes without images", EmptyClasses) : [],
            .. others.Count == 0
                ? (FoundItems[])[]
                :
                [
                    new(
                        "left out: images of kinds that are not read",
                        others.Count,
                        $"{ImageNames.ByEnding(others)} ({FoundItems.Some(others)}): convert them to PNG or JPEG"
                    ),
                ],
            .. FoundItems.Of(Beside, Named(IsBeside)),
            .. FoundItems.Of("left out: links that lead back", [.. SkippedLinks.Select(path => prefix + path)]),
            .. FoundItems.Of("left out: hidden files", Named(ImageNames.IsHidden)),
            .. FoundItems.Of(
                "left out: other files",
                Named(path => !ImageNames.IsHidden(path) && !ImageNames.IsOtherImage(path) && !IsBeside(path))
            ),
        ];
    }

    internal const string TrainingImages = "training images",
        TestImages = "test images",
        Beside = "left out: images beside the folders";

    /// <summary>Lists a folder.</summary>
    /// <exception cref="InvalidFileException">It is none, cannot be listed, or holds no images.</exception>
    public static ImageFolder Open(string root)
    {
        if (!Directory.Exists(root))
            throw BadFile.Because(root, $"is no folder; give one with {ImageNames.Read} files, or with a folder of them for every class.");
        var scan = new FolderScan(root);
        string[] classes =
        [
            .. Directory
                .EnumerateDirectories(root)
                .Select(d => Path.GetFileName(d)!)
                .Where(d => !d.StartsWith('.') && !scan.SkippedLinks.Contains(d))
                .Order(StringComparer.Ordinal),
        ];
        if (classes.Length > 0)
        {
            scan.OtherFiles.AddRange(scan.Images.Where(p => !p.Contains('/'))); // torchvision leaves them out too
            scan.Images.RemoveAll(p => !p.Contains('/'));
        }
        if (scan.Images.Count == 0)
            throw BadFile.Because(
                root,
                scan.OtherFiles.Where(ImageNames.IsOtherImage).ToArray() is { Length: > 0 } others
                    ? $"holds no {ImageNames.Read} files but "
                        + $"{string.Join(", ", others.CountBy(ImageNames.Ending).Select(count => $"{count.Value} {count.Key}"))}, "
                        + "which are not read: convert them to PNG or JPEG."
                    : ForeignData.In(root) ?? $"holds no {ImageNames.Read} files, nor folders with any: give the folder that does."
            );
        var numbers = classes.Index().ToDictionary(c => c.Item, c => c.Index);
        return new ImageFolder(
            root,
            scan,
            classes,
            classes.Length == 0 ? null : [.. scan.Images.Select(p => numbers[p[..p.IndexOf('/')]])]
        );
    }

    /// <summary>The images with the classes that a table tells, see <see cref="ValClasses"/>, in the place of those of their folders;
    /// itself where there is none, or none of these images is in it.</summary>
    /// <exception cref="InvalidFileException">The table cannot be read.</exception>
    public ImageFolder WithClassesOfTable()
    {
        if (ValClasses.Of(Root) is not { } told)
            return this;
        int[] known = [.. Enumerable.Range(0, Paths.Count).Where(i => told.ContainsKey(ValClasses.KeyOf(Paths[i])))];
        string[] classes = [.. known.Select(i => told[ValClasses.KeyOf(Paths[i])]).Distinct().Order(StringComparer.Ordinal)];
        var numbers = classes.Index().ToDictionary(one => one.Item, one => one.Index);
        return known.Length == 0
            ? this
            : new ImageFolder(
                Root,
                _scan,
                classes,
                [.. known.Select(i => numbers[told[ValClasses.KeyOf(Paths[i])]])],
                [.. known.Select(i => Paths[i])]
            );
    }

    /// <summary>
    /// The images whose classes <paramref name="other"/> has too, with its numbers: test images as those who know the training images can
    /// judge them. Where the training images have no classes, all with numbers of their own.
    /// </summary>
    /// <param name="other">The training images.</param>
    /// <param name="gaps">Told of the classes that it lacks.</param>
    /// <exception cref="InvalidFileException">It lacks all of them.</exception>
    public ImageFolder WithClassesOf(ImageFolder other, EvaluationGaps gaps)
    {
        if (other.Labels is null)
            return this;
        var numbers = other.Classes.Index().ToDictionary(c => c.Item, c => c.Index);
        int[] known = Labels is null
            ? []
            : [.. Enumerable.Range(0, Paths.Count).Where(i => numbers.ContainsKey(Classes[Labels.Classes[i]]))];
        if (known.Length == 0)
            throw BadFile.Because(
                Root,
                $"holds {Paths.Count} images without the folders of classes that {other.Root} has, so they are not evaluated: "
                    + $"sort them into such folders, or put {ValClasses.Name} there, "
                    + "with a line of file, tab and class for every image, and measure by 'coke-train evaluate'."
            );
        foreach (var name in Classes.Where(name => !numbers.ContainsKey(name)))
            gaps.Add(
                $"{Path.Combine(Root, name)} is a class that {other.Root} lacks, so its images are not evaluated: name it as there, "
                    + "or leave it at that."
            );
        return new ImageFolder(
            Root,
            _scan,
            other.Classes,
            [.. known.Select(i => numbers[Classes[Labels!.Classes[i]]])],
            [.. known.Select(i => Paths[i])]
        );
    }

    /// <summary>The images at some places, in that order; their ids are counted anew.</summary>
    public ImageFolder Select(IReadOnlyList<int> chosen) =>
        new(Root, _scan, Classes, Labels?.Select(chosen).Classes, [.. chosen.Select(i => Paths[i])]);

    /// <summary>At most so many of the images, evenly spread over their order and so over the classes. Their ids are counted
    /// anew.</summary>
    public ImageFolder Spread(int count)
    {
        if (count >= Paths.Count)
            return this;
        return Select([.. EvenlySpread.Of(count, Paths.Count)]);
    }

    /// <summary>SHA-256 of all paths and of the files' lengths: equal for equal data in any place, unless a file was changed and kept its
    /// length.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Paths)
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{path}\0{Length(Path.Combine(Root, path))}\n")));
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        static long Length(string path)
        {
            try
            {
                var file = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
                return file.Exists ? file.Length : -1;
            }
            catch (IOException) // a link to itself; reading will name it
            {
                return -1;
            }
        }
    }
}
