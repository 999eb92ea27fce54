using CoKe.Errors;
using CoKe.Files;
using CoKe.Learning.Images;

namespace CoKe.Learning.ImageFolders;

/// <summary>Data as others have it, which is not read: what it is, told by its first bytes, and what to do.</summary>
static class ForeignData
{
    const int MostFiles = 1000;

    static readonly string[] Archives = [".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".tbz2", ".tar.zst"];

    /// <summary>The binaries beside the pickles of CIFAR, by what the names of the latter begin with.</summary>
    static readonly (string Pickles, string Archive, string Folder)[] Cifar =
    [
        ("cifar-100", "cifar-100-binary.tar.gz", "cifar-100-binary"),
        ("cifar-10", "cifar-10-binary.tar.gz", "cifar-10-batches-bin"),
    ];

    /// <summary>The error for a path that is no folder.</summary>
    public static InvalidFileException Refuse(string path) =>
        !File.Exists(path)
            ? BadFile.Because(path, "is no folder; give one with IDX files, CIFAR binaries or images.")
            : BadFile.Because(path, ProblemOf(path) ?? "is a file: give the folder in which the data lies.");

    /// <summary>What a folder without images holds; null: nothing that is known.</summary>
    /// <returns>Continues a sentence after the path.</returns>
    public static string? In(string folder)
    {
        try
        {
            var below = Directory.EnumerateDirectories(folder).Where(one => !ImageNames.IsHidden(one)).Take(MostFiles);
            string[] files =
            [
                .. ((IEnumerable<string>)[folder, .. below])
                    .SelectMany(Directory.EnumerateFiles)
                    .Where(file => !ImageNames.IsHidden(file))
                    .Take(MostFiles)
                    .Order(StringComparer.Ordinal),
            ];
            // Text goes with data sets of any kind.
            return files
                .Select(file => (Name: Path.GetRelativePath(folder, file), Problem: ProblemOf(file)))
                .Where(one => one.Problem is not null && !one.Problem.StartsWith("is text", StringComparison.Ordinal))
                .Select(one => $"holds no images; {one.Name} {one.Problem}")
                .FirstOrDefault();
        }
        catch (Exception e) when (FileRefusal.IsOfTheSystem(e))
        {
            return null; // whoever looks for images will name what cannot be listed
        }
    }

    static string? ProblemOf(string path)
    {
        var name = Path.GetFileName(path);
        var start = FirstBytes.Of(path);
        if (
            Array.Exists(Archives, ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            && (
                FirstBytes.Problem(start, Wanted.Data)?.StartsWith("is packed", StringComparison.Ordinal) == true || FirstBytes.IsTar(start)
            )
        )
            return name.Contains("python", StringComparison.Ordinal) && BinariesOf(name) is { } binaries
                ? $"is an archive of Python pickles, which are not read, since reading one runs the program in it: {binaries}"
                : $"is an archive: unpack it with 'tar -xf {path} -C {Quoted(Path.GetDirectoryName(path))}' and give the folder.";
        if (FirstBytes.IsZip(start) && name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase))
            return $"is an archive: unpack it with 'unzip {path} -d {Quoted(Path.GetDirectoryName(path))}' and give the folder.";
        if (
            FirstBytes.IsAnyPickle(start)
            && BinariesOf(Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) ?? "", name) is { } instead
        )
            return $"is a Python pickle of CIFAR's, which is not read, since reading one runs the program in it: {instead}";
        return FirstBytes.Problem(start, Wanted.Data);
    }

    static string Quoted(string? folder) => folder is { Length: > 0 } ? folder : ".";

    /// <summary>Which binaries hold the same; null: nobody knows.</summary>
    static string? BinariesOf(string folder, string file = "")
    {
        var of = Array.Find(Cifar, one => folder.StartsWith(one.Pickles, StringComparison.OrdinalIgnoreCase));
        if (of.Archive is null)
            of =
                file.StartsWith("data_batch", StringComparison.Ordinal) || file is "test_batch" or "batches.meta" ? Cifar[1]
                : file is "train" or "test" or "meta" ? Cifar[0]
                : default;
        return of.Archive is null
            ? null
            : $"fetch https://www.cs.toronto.edu/~kriz/{of.Archive}, unpack it with 'tar -xf {of.Archive}', "
                + $"and give {of.Folder} by --data.";
    }
}
