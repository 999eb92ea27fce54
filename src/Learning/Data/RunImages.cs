using CoKe.Errors;
using CoKe.Learning.ImageFolders;
using CoKe.Learning.Images;
using CoKe.Learning.Views;
using static TorchSharp.torch;

namespace CoKe.Learning.Data;

/// <summary>What a run learns from and is evaluated with, in memory or on disk.</summary>
public sealed class RunImages
{
    readonly Func<string> _fingerprint;
    readonly Func<Device, Normalization> _normalization;
    readonly Func<IReadOnlyList<UnreadableImage>> _unreadable,
        _unreadableTest;

    /// <summary>What the fingerprint of a run begins with. Those of older programs, which covered what is only evaluated too, begin with
    /// the hash.</summary>
    const string OfTrainingImages = "training-images:";

    /// <summary>Test images whose headers are looked at before anything begins: seconds, where a run takes hours.</summary>
    const int LookedAt = 2000;

    const int LookedAtForSize = 100;

    /// <summary>One of so many is held out for evaluation where options follow from the images (<see cref="DataOptions.FitsImages"/>): of
    /// images with classes and without a test part that can be evaluated.</summary>
    const int HeldOutWhereFitted = 5;

    Func<int?> _typicalSide = () => null;

    RunImages(
        string name,
        ImagePart train,
        ImagePart? test,
        ImageSize? size,
        IReadOnlyList<FoundItems> found,
        EvaluationGaps gaps,
        Func<string> fingerprint,
        Func<Device, Normalization> normalization,
        Func<IReadOnlyList<UnreadableImage>> unreadable,
        Func<IReadOnlyList<UnreadableImage>> unreadableTest
    )
    {
        (Name, Train, Test, Size, Found, Gaps) = (name, train, test, size, found, gaps);
        (_fingerprint, _normalization, _unreadable, _unreadableTest) = (fingerprint, normalization, unreadable, unreadableTest);
    }

    /// <summary>The name of the folder.</summary>
    public string Name { get; }

    /// <summary>The images that are clustered and learned from.</summary>
    public ImagePart Train { get; }

    /// <summary>The images that are only evaluated; null: there are none.</summary>
    public ImagePart? Test { get; }

    /// <summary>Of every image; null where they differ.</summary>
    public ImageSize? Size { get; }

    /// <summary>The typical shorter side of images of many sizes, in pixels; null: they are all of one.</summary>
    public int? TypicalSide => _typicalSide();

    /// <summary>Every how many images of a folder one was held out; null: none was.</summary>
    public int? HoldOutEvery { get; private init; }

    /// <summary>1 (gray) or 3 (color).</summary>
    public int Channels => Train.Images.Channels;

    /// <summary>What an encoder must be made for.</summary>
    public ImageShape Shape => new(Channels, Size?.Height, Size?.Width);

    /// <summary>How a page tells their size.</summary>
    public string SizeInWords => Size is { } size ? $"{size.Height}×{size.Width}" : "many sizes";

    /// <summary>Files of training images that could not be read so far.</summary>
    public IReadOnlyList<UnreadableImage> Unreadable => _unreadable();

    /// <summary>Files of test images that could not be read so far, or cannot by their headers.</summary>
    public IReadOnlyList<UnreadableImage> UnreadableTest => _unreadableTest();

    /// <summary>What the folder holds, and what became of it.</summary>
    public IReadOnlyList<FoundItems> Found { get; }

    /// <summary>What evaluation has to do without; it grows while it measures.</summary>
    public EvaluationGaps Gaps { get; }

    /// <summary>The same in sentences, each with its remedy.</summary>
    public IReadOnlyList<string> NotEvaluated =>
        UnreadableTest is { Count: > 0 } files
            ?
            [
                .. Gaps.Sentences,
                $"{files.Count:N0} of the {Test!.Images.Count:N0} test images cannot be read "
                    + $"({string.Join("; ", files.Take(Shown).Select(file => $"{file.Path} {file.Problem}"))}"
                    + $"{(files.Count > Shown ? "; ..." : "")}), so "
                    + $"{(files.Count < Test.Images.Count ? "what is measured is of the others" : "nothing is measured with them")}: "
                    + "put whole files in their places, and measure by 'coke-train evaluate'.",
            ]
            : Gaps.Sentences;

    /// <summary>Equal for equal training images, wherever they lie, whatever is evaluated; see <see cref="Dataset.Fingerprint"/> and
    /// <see cref="ImageFolder.Fingerprint"/>.</summary>
    public string Fingerprint() => OfTrainingImages + _fingerprint();

    /// <summary>Whether a fingerprint is of a program that took classes and test images into it, so that no other can compare it.</summary>
    public static bool IsOfOlderProgram(string fingerprint) => !fingerprint.StartsWith(OfTrainingImages, StringComparison.Ordinal);

    /// <summary>How pixels are normalized: as measured on images in memory, else as is usual for ImageNet.</summary>
    public Normalization NormalizationOn(Device device) => _normalization(device);

    /// <summary>Opens a folder for a run.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">What kind of data it must hold, and how it is read.</param>
    /// <param name="classes">Which classes are read, where there are two levels of them.</param>
    /// <param name="most">At most so many training images: of images in memory the first, of image folders evenly spread ones, since they
    /// lie class by class. Null: all.</param>
    /// <exception cref="InvalidFileException">It cannot be used, or is of another kind.</exception>
    public static RunImages Open(string folder, DataOptions options, ClassLevel classes, int? most)
    {
        var place = DataPlace.Of(folder);
        if (options.Format != DataFormat.Any && options.Format != place.Format)
            throw BadFile.Because(
                folder,
                $"holds {InWords(place.Format)}, and the recipe is for {InWords(options.Format)}: give such a folder by --data, "
                    + "or another recipe."
            );
        return place.Format == DataFormat.Folders
            ? OfFolders(place.Folder, options, most)
            : OfMemory(Limited(Dataset.Load(place, classes, options.ByteLimit), most));
    }

    static Dataset Limited(Dataset data, int? most) =>
        data.Limit(most ?? int.MaxValue) with
        {
            Found = [.. data.Found, .. MoreThanAsked(data.Train.Count, most)],
        };

    static IEnumerable<FoundItems> MoreThanAsked(int count, int? most) =>
        most < count ? [new FoundItems("left out: more images than asked for", count - most.Value, $"--images {most}")] : [];

    /// <summary>Images in memory.</summary>
    public static RunImages OfMemory(Dataset data) =>
        new(
            data.Name,
            new ImagePart(new MemoryImages(data.Train), data.TrainLabels, id => $"train:{id}"),
            data.Test is { } test ? new ImagePart(new MemoryImages(test), data.TestLabels, id => $"test:{id}") : null,
            new ImageSize(data.Train.Height, data.Train.Width),
            data.Found,
            data.Gaps,
            data.Fingerprint,
            device => Normalization.Of(data.Train, device),
            () => [],
            () => []
        );

    static RunImages OfFolders(string folder, DataOptions data, int? most)
    {
        var split = ImageFolderSplit.Open(folder);
        var options = new ImageFolderOptions
        {
            ShorterSide = data.ShorterSide,
            MaxPixels = data.PixelLimit,
            UnreadableLimit = data.UnreadableLimit,
        };
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        // Decided by the recipe, or once when a run begins, which keeps it: what is learned from must not change with what is evaluated.
        var every = data.HoldOutEvery
            ?? (
                data.FitsImages && split.Test is null && split.Train.Labels is not null && split.Train.Paths.Count >= 2 * HeldOutWhereFitted
                    ? HeldOutWhereFitted
                    : null
            );
        var (learned, held) = every is { } one
            ? (
                split.Train.Select([.. Places(split.Train, one, isHeld: false)]),
                split.Train.Select([.. Places(split.Train, one, isHeld: true)])
            )
            : (split.Train, null);
        var train = learned.Spread(most ?? int.MaxValue);
        var trained = new FolderImages(train, options);
        var part = split.Test ?? held;
        // Whatever can be read of the test images is evaluated, however few they are; a sentence says so.
        var tested = part is null ? null : new FolderImages(part, options) { BearsAll = true };
        tested?.LookAhead(LookedAt);
        string NameOf(ImageFolder images, int id) => Below(folder, images, images.Paths[id]);
        IReadOnlyList<UnreadableImage> Named(ImageFolder images, IEnumerable<UnreadableImage> unreadable) =>
            [.. unreadable.Select(image => image with { Path = Below(folder, images, image.Path) })];
        FoundItems[] heldOut = held is null
            ? []
            :
            [
                new FoundItems(
                    split.Test is null ? ImageFolder.TestImages : "left out: held out, though there is a test part",
                    held.Paths.Count,
                    $"every {every}th of these, held out"
                ),
            ];
        var found = split.Found.Select(line =>
            held is not null && line.What == ImageFolder.TrainingImages
                ? line with
                {
                    Count = learned.Paths.Count,
                    Which = $"of {line.Which}",
                }
                : line
        );
        return new RunImages(
            name,
            new ImagePart(trained, train.Labels, id => NameOf(train, id)),
            part is null ? null : new ImagePart(tested!, part.Labels, id => NameOf(part, id)),
            size: null,
            [.. found, .. heldOut, .. MoreThanAsked(learned.Paths.Count, most)],
            split.Gaps,
            train.Fingerprint,
            Normalization.OfImageNet,
            () => Named(train, trained.Unreadable),
            () => part is null ? [] : Named(part, tested!.Unreadable)
        )
        {
            HoldOutEvery = every,
            _typicalSide = () => trained.TypicalSide(LookedAtForSize),
        };
    }

    static IEnumerable<int> Places(ImageFolder images, int every, bool isHeld) =>
        Enumerable.Range(0, images.Paths.Count).Where(i => i % every == every - 1 == isHeld);

    /// <summary>The path of an image below the folder of all.</summary>
    static string Below(string folder, ImageFolder part, string path) =>
        Path.GetRelativePath(folder, part.Root) is var name && name == "." ? path : $"{name}/{path}";

    const int Shown = 3;

    static string InWords(DataFormat format) =>
        format switch
        {
            DataFormat.Idx => "IDX files",
            DataFormat.Cifar10 => "binaries of CIFAR-10",
            DataFormat.Cifar100 => "binaries of CIFAR-100",
            _ => "folders of images",
        };
}

/// <summary>Images and their classes.</summary>
/// <param name="Images">The images.</param>
/// <param name="Classes">Of every image, for evaluation alone; null: nobody knows.</param>
/// <param name="NameOf">The file of an image, below the folder of all; of images in memory the part and the place in it.</param>
public sealed record ImagePart(IImageSource Images, EvaluationLabels? Classes, Func<int, string> NameOf);

/// <summary>The shape of images.</summary>
/// <param name="Channels">1 (gray) or 3 (color).</param>
/// <param name="Height">Rows; null where they differ.</param>
/// <param name="Width">Columns; null where they differ.</param>
public sealed record ImageShape(int Channels, int? Height, int? Width)
{
    /// <inheritdoc/>
    public override string ToString() => Height is null ? $"many sizes in {Channels} channels" : $"{Height}x{Width}x{Channels}";
}
