using CoKe.Errors;

namespace CoKe.Files;

/// <summary>What can be said of output paths before anything is opened.</summary>
public static class OutputPath
{
    /// <summary>Refuses output paths of which one would overwrite another, or that cannot be written.</summary>
    /// <param name="files">Option and path each; a path that was not given is null.</param>
    /// <exception cref="InvalidOptionsException">Two options name one file.</exception>
    /// <exception cref="InvalidFileException">A folder does not exist, or a path is one.</exception>
    public static void Check(params ReadOnlySpan<(string Option, string? Path)> files)
    {
        var taken = new Dictionary<string, string>();
        foreach (var (option, path) in files)
        {
            if (path is null)
                continue;
            CheckWritable(path);
            var full = TargetOf(path);
            if (!IsDevice(full) && !taken.TryAdd(full, option))
                throw new InvalidOptionsException(
                    option,
                    path,
                    $"--{taken[full]} and --{option} both name {path}: give each a file of its own."
                );
        }
    }

    /// <summary>Refuses an output that would take the place of what is read.</summary>
    /// <param name="input">The file that is read.</param>
    /// <param name="files">Option and path each; a path that was not given is null.</param>
    /// <exception cref="InvalidOptionsException">An option names the input.</exception>
    public static void CheckApart(string input, params ReadOnlySpan<(string Option, string? Path)> files)
    {
        foreach (var (option, path) in files)
        {
            if (path is not null && TargetOf(path) == TargetOf(input))
            {
                throw new InvalidOptionsException(
                    option,
                    path,
                    $"--{option} {path} names the features themselves, which would be lost: give the result a file of its own."
                );
            }
        }
    }

    /// <summary>Refuses what is no name of a file in a folder that exists.</summary>
    /// <exception cref="InvalidFileException">The folder does not exist, or the path is one.</exception>
    public static void CheckWritable(string path)
    {
        if (path.Length == 0)
            throw new InvalidFileException("output", "", "A result has the empty name: name a file.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (Directory.Exists(path) || Path.GetFileName(path).Length == 0)
            throw FileRefusal.Of(path, path, "is a folder: name a file.");
        if (!Directory.Exists(folder))
            throw FileRefusal.Of(path, path, $"cannot be written: there is no folder {folder}; create it first.");
    }

    /// <summary>Asks the system for a file of that name, which it refuses when it is too long: the temporary one is shorter.</summary>
    internal static void CheckName(string path)
    {
        try
        {
            File.GetAttributes(path);
        }
        catch (FileNotFoundException) { }
    }

    /// <summary>The file itself where the path is a link to it.</summary>
    internal static string TargetOf(string path)
    {
        var full = Path.GetFullPath(path);
        return File.Exists(full) && !IsDevice(full) ? File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full : full;
    }

    internal static bool IsDevice(string path) =>
        !OperatingSystem.IsWindows()
        && (path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal));
}
