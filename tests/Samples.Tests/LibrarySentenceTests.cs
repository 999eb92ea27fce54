using System.Text.RegularExpressions;

namespace CoKe.Samples.Tests;

/// <summary>The caller of a library has no command line: its sentences name neither options nor commands of one.</summary>
public sealed partial class LibrarySentenceTests
{
    public static TheoryData<string> Files =>
        [
            .. new[] { "src/Client", "src/Abstractions", "src/ConstrainedKMeans", "src/Streams" }
                .SelectMany(room => Directory.GetFiles(Repository.At(room), "*.cs", SearchOption.AllDirectories))
                .Select(file => Path.GetRelativePath(Repository.Root, file))
                .Where(file => !file.Split('/').Contains("obj"))
                .Order(),
        ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Sentences_NameNoOptionAndNoCommand(string file) =>
        Assert.DoesNotContain(
            File.ReadLines(Repository.At(file)).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)),
            line => Advice().IsMatch(line)
        );

    // Within a text: --option, 'coke command', or how a program is started.
    [GeneratedRegex("\"[^\"]*(--[a-z]|'coke |dotnet run|COKE_)")]
    private static partial Regex Advice();
}
