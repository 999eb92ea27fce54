using System.IO.Enumeration;
using CoKe.Learning.Images;

namespace CoKe.Learning.ImageFolders;

/// <summary>Walks a folder and all below it. Links are followed, because data sets are often put together of links; one that leads back to
/// where it lies is not.</summary>
sealed class FolderScan
{
    const int Deepest = 32;
    static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Paths of images below the root, with slashes, by ordinal order.</summary>
    public List<string> Images { get; } = [];

    /// <summary>Files that are something else by their names, hidden ones, and links to nothing.</summary>
    public List<string> OtherFiles { get; } = [];

    /// <summary>Links to a folder that they lie in.</summary>
    public List<string> SkippedLinks { get; } = [];

    public FolderScan(string root)
    {
        Walk(root, "", [RealPath(Path.GetFullPath(root))]);
        foreach (var paths in (List<string>[])[Images, OtherFiles, SkippedLinks])
            paths.Sort(StringComparer.Ordinal);
    }

    /// <param name="folder">Where to look.</param>
    /// <param name="prefix">Its path below the root; empty, or with a slash at its end.</param>
    /// <param name="above">Real paths of it and of the folders it was reached through.</param>
    void Walk(string folder, string prefix, List<string> above)
    {
        foreach (var entry in List(folder))
        {
            var (path, full) = (prefix + entry.Name, Path.Combine(folder, entry.Name));
            if (!entry.IsFolder)
                (ImageNames.IsImage(entry.Name) ? Images : OtherFiles).Add(path);
            else if (!entry.Name.StartsWith('.'))
            {
                var real = entry.IsLink ? RealPath(full) : Path.Combine(above[^1], entry.Name);
                if (entry.IsLink && above.Any(a => a == real || a.StartsWith(real.TrimEnd('/') + '/', StringComparison.Ordinal)))
                    SkippedLinks.Add(path);
                else if (above.Count > Deepest)
                    throw BadFile.Because(full, $"lies more than {Deepest} folders deep; give the folder that holds the classes.");
                else
                    Walk(full, path + '/', [.. above, real]);
            }
        }
    }

    static List<(string Name, bool IsFolder, bool IsLink)> List(string folder)
    {
        try
        {
            return
            [
                .. new FileSystemEnumerable<(string, bool, bool)>(
                    folder,
                    (ref FileSystemEntry e) => (e.FileName.ToString(), e.IsDirectory, (e.Attributes & FileAttributes.ReparsePoint) != 0),
                    Everything
                ),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not skipped: the ids of all images behind it would move.
            throw BadFile.Because(folder, $"cannot be listed ({e.Message.TrimEnd('.')}); let this user read it, or take it away.");
        }
    }

    /// <summary>The path without links in any of its parts.</summary>
    static string RealPath(string path)
    {
        if (Path.GetDirectoryName(path) is not { } parent)
            return path;
        var real = Path.Combine(RealPath(parent), Path.GetFileName(path));
        return Directory.ResolveLinkTarget(real, returnFinalTarget: true) is { } target ? RealPath(target.FullName) : real;
    }
}
