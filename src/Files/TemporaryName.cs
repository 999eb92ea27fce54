using System.Globalization;
using System.Text;

namespace CoKe.Files;

/// <summary>
/// Names of files that are not finished: in the folder of the result, and never longer than its name, so that a file system which takes
/// the one takes the other.
/// </summary>
static class TemporaryName
{
    /// <summary>Names to try: others may be left of a process that was killed.</summary>
    public const int Attempts = 256;

    /// <summary>The path to try; null where it would be the result itself.</summary>
    public static string? Beside(string path, int attempt)
    {
        // The number that changes stands at the end, which is what remains of the name beside a short one.
        var name = $"coke-result-{Environment.ProcessId}-{attempt.ToString("x2", CultureInfo.InvariantCulture)}";
        var own = Path.GetFileName(path);
        var longest = Encoding.UTF8.GetByteCount(own);
        if (name.Length > longest)
            name = name[^longest..];
        return name == own ? null : Path.Combine(Path.GetDirectoryName(path)!, name);
    }
}
