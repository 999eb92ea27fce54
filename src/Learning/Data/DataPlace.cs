using CoKe.Errors;
using CoKe.Learning.ImageFolders;
using CoKe.Learning.Images;

namespace CoKe.Learning.Data;

/// <summary>
/// What a path of --data names, and where it lies: a folder of IDX files, of CIFAR binaries or of images; one of several sets of IDX files
/// in a folder, by the beginning of their names; or a folder in which one of these lies where the tools that fetch data sets put it, as
/// MNIST/raw.
/// </summary>
/// <param name="Path">What was named.</param>
/// <param name="Folder">Where the files are.</param>
/// <param name="Format">What they are.</param>
/// <param name="Set">The IDX files; null of others.</param>
/// <param name="Layout">Of the CIFAR binaries; null of others.</param>
sealed record DataPlace(string Path, string Folder, DataFormat Format, IdxSet? Set = null, CifarLayout? Layout = null)
{
    // As torchvision and EMNIST's archive have them; a folder of so many others is one of classes.
    static readonly string[] Inner = ["raw", "gzip"];
    const int MostSiblings = 64;

    /// <summary>A name for the data.</summary>
    public string Name =>
        Set is { Name.Length: > 0 } set && set.Name != LastOf(Folder) ? set.Name
        : Inner.Contains(LastOf(Folder)) && System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Folder)) is { } above ? LastOf(above)
        : LastOf(Folder);

    /// <summary>The folder below what was named, with a slash; empty: it is the same.</summary>
    public string Below =>
        System.IO.Path.GetRelativePath(Directory.Exists(Path) ? Path : Folder, Folder) is var below && below == "." ? "" : below + '/';

    /// <summary>Finds out what a path names.</summary>
    /// <exception cref="InvalidFileException">Nothing, a file, or several data sets at once.</exception>
    public static DataPlace Of(string path)
    {
        if (!Directory.Exists(path))
            return OfSet(path) ?? throw ForeignData.Refuse(path);
        if (In(path, path) is { } here)
            return here;
        var nested = Nested(path).ToArray();
        if (nested.Length == 0 || PartFolders.Images(path).Any())
            return new DataPlace(path, path, DataFormat.Folders);
        return nested.Length == 1
            ? nested[0]
            : throw BadFile.Because(
                path,
                $"holds several data sets: give one of them by --data, as {Listed(nested.Select(place => place.Folder))}."
            );
    }

    /// <summary>Refuses several sets in one folder.</summary>
    static DataPlace? In(string path, string folder)
    {
        if (CifarFolder.LayoutOf(folder) is { } layout)
            return new DataPlace(path, folder, layout.ClassCounts.Length > 1 ? DataFormat.Cifar100 : DataFormat.Cifar10, Layout: layout);
        var sets = IdxSet.In(folder);
        return sets.Count == 0 ? null
            : sets.Count == 1 || sets[0].Name.Length == 0 ? new DataPlace(path, folder, DataFormat.Idx, sets[0])
            : throw BadFile.Because(
                folder,
                $"holds {sets.Count} sets of IDX files: give one of them by --data, "
                    + $"as {Listed(sets.Select(set => System.IO.Path.Combine(folder, set.Name)))}."
            );
    }

    static DataPlace? OfSet(string path)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.TrimEndingDirectorySeparator(path)) is { Length: > 0 } parent
            ? parent
            : ".";
        return
            Directory.Exists(folder)
            && IdxSet.In(folder).FirstOrDefault(set => set.Name == System.IO.Path.GetFileName(path)) is { Name.Length: > 0 } named
            ? new DataPlace(path, folder, DataFormat.Idx, named)
            : null;
    }

    static IEnumerable<DataPlace> Nested(string path)
    {
        var folders = Directory.EnumerateDirectories(path).Take(MostSiblings + 1).ToArray();
        if (folders.Length > MostSiblings)
            yield break;
        foreach (var folder in folders.Where(folder => !ImageNames.IsHidden(folder)).Order(StringComparer.Ordinal))
            foreach (var candidate in (string[])[folder, .. Inner.Select(inner => System.IO.Path.Combine(folder, inner))])
                if (Directory.Exists(candidate) && In(path, candidate) is { } place)
                    yield return place;
    }

    static string Listed(IEnumerable<string> paths) => string.Join(", or ", paths);

    static string LastOf(string folder) =>
        System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder)));
}
