using CoKe.Client.Features;
using CoKe.ConstrainedKMeans;

namespace CoKe.Client.Output;

/// <summary>
/// A result on its way to disk: written beside its place and renamed when it is complete, so that whoever reads the place finds the whole
/// file, or what was there before.
/// </summary>
sealed class OutputFile : IDisposable
{
    readonly string _path;
    readonly string? _temporary;

    /// <summary>Begins to write the file at <paramref name="path"/>.</summary>
    public OutputFile(string path)
    {
        // A link stays a link; and a device, such as /dev/null, must not be replaced by a file.
        _path = TargetOf(path);
        _temporary = IsDevice(_path) ? null : $"{_path}.{Environment.ProcessId}.tmp";
        Stream = File.Create(_temporary ?? _path);
    }

    /// <summary>Where to write.</summary>
    public FileStream Stream { get; }

    /// <summary>Refuses an output path that could not be written in the end, before anything starts.</summary>
    /// <exception cref="InvalidFileException">The folder does not exist, or the path is one.</exception>
    public static void CheckWritable(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (Directory.Exists(path) || !Directory.Exists(folder))
        {
            throw NpyFile.Refuse(path, path, Directory.Exists(path) ? "is a folder: name a file." : $"cannot be written: there is no folder {folder}; create it first.");
        }
    }

    /// <summary>Refuses output paths of which one would overwrite another, or that could not be written in the end.</summary>
    /// <param name="files">Option and path each; a path that was not given is null.</param>
    /// <exception cref="InvalidOptionsException">Two options name one file.</exception>
    /// <exception cref="InvalidFileException">A folder does not exist, or a path is one.</exception>
    public static void Check(params ReadOnlySpan<(string Option, string? Path)> files)
    {
        var taken = new Dictionary<string, string>();
        foreach (var (option, path) in files)
        {
            if (path is null) continue;
            CheckWritable(path);
            var full = TargetOf(path);
            if (!IsDevice(full) && !taken.TryAdd(full, option))
                throw new InvalidOptionsException(option, path, $"--{taken[full]} and --{option} both name {path}: give each a file of its own.");
        }
    }

    /// <summary>Refuses an output that would take the place of what is read.</summary>
    /// <param name="input">The file that is read.</param>
    /// <param name="files">Option and path each; a path that was not given is null.</param>
    /// <exception cref="InvalidOptionsException">An option names the input.</exception>
    public static void CheckApart(string input, params ReadOnlySpan<(string Option, string? Path)> files)
    {
        foreach (var (option, path) in files)
            if (path is not null && TargetOf(path) == TargetOf(input))
                throw new InvalidOptionsException(option, path, $"--{option} {path} names the features themselves, which would be lost: give the result a file of its own.");
    }

    /// <summary>Writes a text whole or not at all.</summary>
    public static void WriteText(string path, string text)
    {
        using var file = new OutputFile(path);
        using (var writer = new StreamWriter(file.Stream, leaveOpen: true)) writer.Write(text);
        file.Complete();
    }

    /// <summary>All is written: puts the file in its place.</summary>
    public void Complete()
    {
        if (_temporary is null)
        {
            Stream.Dispose();
            return;
        }

        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
    }

    /// <summary>Leaves nothing behind when the file was not completed.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        if (_temporary is not null) File.Delete(_temporary);
    }

    static string TargetOf(string path)
    {
        var full = Path.GetFullPath(path);
        return File.Exists(full) && !IsDevice(full) ? File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full : full;
    }

    static bool IsDevice(string path) => !OperatingSystem.IsWindows() && (path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal));
}
