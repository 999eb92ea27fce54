using CoKe.Errors;
using CoKe.Learning.Images;

namespace CoKe.Learning.Weights;

/// <summary>
/// What wrappers and other programs put before the names of an encoder's tensors: module. (DataParallel), _orig_mod. (torch.compile),
/// backbone., encoder_q. and whatever else; it is passed over where the names behind it are the encoder's.
/// </summary>
static class NamePrefix
{
    /// <summary>Parts of names that wrap a module and may stand anywhere in a name; no encoder here has them.</summary>
    static readonly string[] Wrappers = ["_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

    /// <summary>A name without wrappers.</summary>
    public static string Unwrapped(string name) => string.Join('.', name.Split('.').Where(part => !Wrappers.Contains(part)));

    /// <summary>Prefixes behind which all wanted names are; empty or ending with a dot, the shortest first.</summary>
    /// <param name="names">Of a file, without wrappers.</param>
    /// <param name="wanted">The encoder's.</param>
    public static IReadOnlyList<string> Behind(IReadOnlySet<string> names, IReadOnlyCollection<string> wanted)
    {
        var first = wanted.MaxBy(name => name.Length)!; // the longest is the rarest
        return
        [
            .. names
                .Where(name => name.EndsWith(first, StringComparison.Ordinal))
                .Select(name => name[..^first.Length])
                .Where(prefix => (prefix.Length == 0 || prefix[^1] == '.') && wanted.All(name => names.Contains(prefix + name)))
                .OrderBy(prefix => prefix.Length)
                .ThenBy(prefix => prefix, StringComparer.Ordinal),
        ];
    }

    /// <summary>The prefix behind which most of the wanted names are, where not all of them are anywhere.</summary>
    public static string Nearest(IReadOnlySet<string> names, IReadOnlyCollection<string> wanted) =>
        names
            .SelectMany(name => wanted.Where(one => name.EndsWith(one, StringComparison.Ordinal)).Select(one => name[..^one.Length]))
            .Where(prefix => prefix.Length == 0 || prefix[^1] == '.')
            .CountBy(prefix => prefix)
            .OrderByDescending(count => count.Value)
            .ThenBy(count => count.Key.Length)
            .FirstOrDefault()
            .Key
        ?? "";

    /// <summary>Which of several is meant.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="behind">Those that would do.</param>
    /// <param name="asked">One that was asked for; null: none was.</param>
    /// <exception cref="InvalidFileException">Nobody knows, or the one that was asked for would not do.</exception>
    public static string? Chosen(string path, IReadOnlyList<string> behind, string? asked)
    {
        if (asked is not null)
            return behind.FirstOrDefault(prefix => prefix.TrimEnd('.') == Unwrapped(asked.TrimEnd('.')))
                ?? (
                    behind.Count == 0
                        ? null
                        : throw BadFile.Because(
                            path,
                            $"holds no encoder behind {asked}: give --prefix {string.Join(", or --prefix ", behind.Select(Shown))}."
                        )
                );
        return behind.Count <= 1 || behind[0].Length == 0
            ? (behind.Count == 0 ? null : behind[0])
            : throw BadFile.Because(
                path,
                $"holds {behind.Count} encoders: give one of them by --prefix {string.Join(", or --prefix ", behind.Select(Shown))}."
            );
    }

    static string Shown(string prefix) => prefix.Length == 0 ? "\"\"" : prefix.TrimEnd('.');
}
