using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace CoKe.Learning.ImageFolders;

/// <summary>Which folders in a folder are its training and test parts, as ImageNet has them: told by their names, unless what lies beside
/// them says that they are classes.</summary>
/// <param name="Train">The training part; null: the folder itself is one, and what lies in it are classes.</param>
/// <param name="Tests">Test parts, the likeliest first.</param>
/// <param name="Others">Other folders with images beside them.</param>
/// <param name="Doubtful">A folder that has the name of a training part and is none; null: there is none.</param>
sealed partial record PartFolders(string? Train, IReadOnlyList<string> Tests, IReadOnlyList<string> Others, string? Doubtful)
{
    static readonly string[] ByLikelihood = ["val", "valid", "validation", "test"];

    static readonly EnumerationOptions Below = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };

    /// <summary>Those of a folder.</summary>
    public static PartFolders In(string root)
    {
        string[] folders =
        [
            .. Directory
                .EnumerateDirectories(root)
                .Select(folder => Path.GetFileName(folder)!)
                .Where(name => !name.StartsWith('.'))
                .Order(StringComparer.Ordinal),
        ];
        var train = folders.Where(name => TrainName().IsMatch(name)).OrderBy(name => name.Length).FirstOrDefault();
        if (train is null)
            return new PartFolders(null, [], [], null);
        string[] tests = [.. folders.Where(name => TestName().IsMatch(name)).OrderBy(Likelihood)];
        string[] others = [.. folders.Except([train, .. tests]).Where(name => Images(Path.Combine(root, name)).Any())];
        return IsPart(Path.Combine(root, train), tests, others)
            ? new PartFolders(train, tests, others, null)
            : new PartFolders(null, [], [], train);
    }

    /// <summary>Images in a folder and below it, by their names, as far as they can be listed; links to folders are passed over, since they
    /// may lead back.</summary>
    public static IEnumerable<string> Images(string folder) =>
        new FileSystemEnumerable<string>(folder, (ref entry) => entry.FileName.ToString(), Below)
        {
            ShouldIncludePredicate = (ref entry) => !entry.IsDirectory && ImageNames.IsImage(entry.FileName.ToString()),
            ShouldRecursePredicate = (ref entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };

    /// <summary>Whether a folder with such a name is what it says. Beside others with images it is a class like them, unless it has classes
    /// itself or a test part goes with it.</summary>
    static bool IsPart(string train, string[] tests, string[] others)
    {
        if (others.Length == 0 || Directory.EnumerateDirectories(train).Where(folder => !ImageNames.IsHidden(folder)).Take(2).Count() > 1)
            return true;
        return tests.Length > 0 && others.Length == 1;
    }

    static int Likelihood(string name) =>
        Array.FindIndex(ByLikelihood, word => name.Contains(word, StringComparison.OrdinalIgnoreCase)) is >= 0 and var place
            ? place
            : ByLikelihood.Length;

    // train, Training, train2017, training_set, images-train; and so on.
    [GeneratedRegex("^(images?[-_ ])?train(ing)?(\\d.*|[-_ ].*)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex TrainName();

    [GeneratedRegex(
        "^(images?[-_ ])?(val|valid|validation|test|testing|eval|evaluation|holdout)(\\d.*|[-_ ].*)?$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    )]
    private static partial Regex TestName();
}
