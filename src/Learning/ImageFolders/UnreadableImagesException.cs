using CoKe.Errors;
using CoKe.Learning.Images;

namespace CoKe.Learning.ImageFolders;

/// <summary>More images of a folder are unreadable than may be.</summary>
public sealed class UnreadableImagesException(string field, string value, string message, Exception? inner = null)
    : CokeException(field, value, message, inner)
{
    const int Shown = 3;

    internal static UnreadableImagesException Of(ImageFolder folder, IReadOnlyCollection<UnreadableImage> unreadable, int limit)
    {
        var shown = string.Join("; ", unreadable.Take(Shown).Select(u => $"{u.Path} {u.Problem}"));
        // Without any that can be read, nothing is to be gone on with.
        var withoutThem =
            unreadable.Count < folder.Paths.Count
                ? "To go on without them, raise data.unreadable-limit, 1 being no limit: "
                    + "'coke-train train --resume OUT --set data.unreadable-limit=1' goes on with a run. Or put"
                : "Put";
        var large = unreadable.Any(image => image.Problem.Contains("data.pixel-limit", StringComparison.Ordinal))
            ? " Images with too many pixels are read with a larger data.pixel-limit, and JPEG files with a data.shorter-side too, "
                + "in a run that is begun anew with --force."
            : "";
        return new UnreadableImagesException(
            "data",
            folder.Root,
            $"{unreadable.Count} of the {folder.Paths.Count} images in {folder.Root} cannot be read, where at most {limit} may be: "
                + $"{shown}{(unreadable.Count > Shown ? "; ..." : "")}. "
                + $"{withoutThem} whole files in their places or take them away, and begin the run anew with --force.{large}"
        );
    }
}
