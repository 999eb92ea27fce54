using CoKe.Errors;
using CoKe.Files;

namespace CoKe.Learning.Images;

static class BadFile
{
    /// <summary>The typed error for a file that cannot be used; <paramref name="problem"/> continues the sentence after the name and says
    /// the remedy where there is one.</summary>
    public static InvalidFileException Because(string path, string problem) =>
        new(Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), path, $"{path} {problem}");

    /// <summary>The same, but where the first bytes tell that the file is something else, that and what to do with it.</summary>
    public static InvalidFileException Because(string path, Wanted wanted, string problem) =>
        Because(path, FirstBytes.Problem(FirstBytes.Of(path), wanted) ?? problem);
}
