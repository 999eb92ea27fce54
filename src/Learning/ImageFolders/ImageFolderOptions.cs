using CoKe.Errors;

namespace CoKe.Learning.ImageFolders;

/// <summary>How images are read from a folder. Nothing here but <see cref="ShorterSide"/> and <see cref="MaxPixels"/> changes what is
/// read.</summary>
public sealed record ImageFolderOptions
{
    /// <summary>Threads that decode.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Mini-batches that are read ahead, beyond the one that is asked for: memory for so many is used.</summary>
    public int Prefetch { get; init; } = 2;

    /// <summary>
    /// Large images are taken at a half, a quarter or an eighth of their size as long as the shorter side keeps at least so many pixels:
    /// less memory, and JPEG files are decoded several times faster. Null: at their full size, as torchvision does.
    /// </summary>
    public int? ShorterSide { get; init; }

    /// <summary>The most that <see cref="MaxPixels"/> may be.</summary>
    public const int MostPixels = 1 << 28;

    /// <summary>An image that decodes to more pixels than this is not decoded: a small file may declare gigabytes.</summary>
    public int MaxPixels { get; init; } = 1 << 26;

    /// <summary>The part of the images, 0 to 1, that may be unreadable before reading ends with an error; ten may be in any case, unless
    /// that is all.</summary>
    public double UnreadableLimit { get; init; } = 0.01;

    /// <summary>Refuses what cannot work.</summary>
    /// <exception cref="InvalidOptionsException">Names the option, its value and what would do.</exception>
    public void Validate()
    {
        Require(Threads is >= 1 and <= 1024, nameof(Threads), Threads, "1 to 1024");
        Require(Prefetch is >= 0 and <= 1024, nameof(Prefetch), Prefetch, "0 to 1024 mini-batches");
        Require(ShorterSide is null or >= 1, nameof(ShorterSide), ShorterSide ?? 0, "at least 1 pixel, or none");
        Require(MaxPixels is >= 1 and <= MostPixels, nameof(MaxPixels), MaxPixels, $"1 to {MostPixels}");
        Require(UnreadableLimit is >= 0 and <= 1, nameof(UnreadableLimit), UnreadableLimit, "0 to 1");
    }

    static void Require(bool holds, string field, double value, string range)
    {
        if (!holds)
            throw new InvalidOptionsException(
                field,
                FormattableString.Invariant($"{value}"),
                FormattableString.Invariant($"{field} is {value}; a reader of images takes {range}.")
            );
    }
}
