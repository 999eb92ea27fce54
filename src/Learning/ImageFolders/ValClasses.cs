using CoKe.Errors;
using CoKe.Files;
using CoKe.Learning.Images;

namespace CoKe.Learning.ImageFolders;

/// <summary>
/// Classes of test images that lie in one folder and are told by a table beside them: Tiny ImageNet's val_annotations.txt, ImageNet's
/// LOC_val_solution.csv as Kaggle has it, or one's own. A line is the name of a file, then a tab, a comma or a space, then its class; what
/// follows does not count.
/// </summary>
static class ValClasses
{
    /// <summary>The name of the table that people are told to write.</summary>
    public const string Name = "val_annotations.txt";

    const string Kaggle = "LOC_val_solution.csv";
    const int MostBytes = 1 << 26;

    static readonly char[] Ends = ['\t', ',', ' '];

    /// <summary>The class of every image that is told, by the name of its file without its ending.</summary>
    /// <param name="folder">Of the test images; the table lies in it or beside it.</param>
    /// <returns>Null: there is no table.</returns>
    /// <exception cref="InvalidFileException">It cannot be read.</exception>
    public static IReadOnlyDictionary<string, string>? Of(string folder)
    {
        string[] places = [Path.Combine(folder, Name), Path.Combine(folder, Kaggle), Path.Combine(folder, "..", Kaggle)];
        return places.FirstOrDefault(File.Exists) is { } path ? Read(path) : null;
    }

    /// <summary>What images are called in a table: with their ending or without.</summary>
    public static string KeyOf(string path) => Path.GetFileNameWithoutExtension(path);

    static Dictionary<string, string> Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes)
                throw BadFile.Because(
                    path,
                    $"has more than {MostBytes} bytes, which no table of classes has: put lines of a file's name, "
                        + "a tab and its class there."
                );
            var classes = new Dictionary<string, string>();
            foreach (var line in File.ReadLines(path))
                if (
                    line.IndexOfAny(Ends) is > 0 and var end
                    && line[(end + 1)..].TrimStart(Ends).Split(Ends, 2)[0].TrimEnd() is { Length: > 0 } name
                )
                    classes.TryAdd(KeyOf(line[..end]), name);
            return classes;
        }
        catch (Exception e) when (FileRefusal.IsOfTheSystem(e))
        {
            throw BadFile.Because(
                path,
                $"cannot be read ({FileRefusal.Reason(e)}), so test images have no classes: let this user read it."
            );
        }
    }
}
