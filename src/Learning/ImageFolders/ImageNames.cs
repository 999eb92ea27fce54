namespace CoKe.Learning.ImageFolders;

/// <summary>What the ending of a file's name says.</summary>
static class ImageNames
{
    /// <summary>Kinds of images that are read, for sentences.</summary>
    public const string Read = "JPEG, PNG, WebP, BMP or GIF";

    static readonly HashSet<string> Readable = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif"];

    static readonly HashSet<string> Others =
    [
        ".tif",
        ".tiff",
        ".heic",
        ".heif",
        ".avif",
        ".jp2",
        ".j2k",
        ".jxl",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".dng",
        ".cr2",
        ".nef",
        ".arw",
        ".raw",
        ".svg",
        ".psd",
        ".tga",
        ".exr",
        ".dcm",
        ".ico",
    ];

    /// <summary>An image of a kind that is read.</summary>
    public static bool IsImage(string path) => !IsHidden(path) && Readable.Contains(Ending(path));

    /// <summary>An image of a kind that is not read.</summary>
    public static bool IsOtherImage(string path) => !IsHidden(path) && Others.Contains(Ending(path));

    /// <summary>A file that is not to be seen, as other systems leave them behind.</summary>
    public static bool IsHidden(string path) => Path.GetFileName(path).StartsWith('.');

    /// <summary>The ending with its dot, in small letters.</summary>
    public static string Ending(string path) => Path.GetExtension(path).ToLowerInvariant();

    /// <summary>How many there are of every ending.</summary>
    public static string ByEnding(IEnumerable<string> paths) =>
        string.Join(
            ", ",
            paths.CountBy(Ending).OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Key} {count.Value}")
        );
}
