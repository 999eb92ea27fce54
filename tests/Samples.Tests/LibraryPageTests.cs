using System.Text.RegularExpressions;

namespace CoKe.Samples.Tests;

/// <summary>docs/library.md shows what the samples do.</summary>
public sealed partial class LibraryPageTests
{
    static readonly string s_page = Repository.Read("docs/library.md");

    static readonly string[] s_snippets = [.. Snippet().Matches(s_page).Select(match => match.Groups["code"].Value)];

    static readonly string[] s_ofDotNet = [nameof(OperationCanceledException), nameof(ObjectDisposedException)];

    // What each sample's program says, by its folder.
    static readonly Dictionary<string, string> s_samples = Directory
        .GetDirectories(Repository.At("samples"))
        .ToDictionary(folder => Path.GetFileName(folder), folder => Words(File.ReadAllText(Path.Combine(folder, "Program.cs"))));

    public static TheoryData<string> Snippets => [.. s_snippets];

    [Theory]
    [MemberData(nameof(Snippets))]
    public void Snippet_StandsInASample(string code) =>
        Assert.True(
            s_samples.Values.Any(sample => sample.Contains(Words(code), StringComparison.Ordinal)),
            $"No sample has this code of docs/library.md; move the page along:\n{code}"
        );

    [Fact]
    public void Page_LinksEverySample_AndShowsCodeOfIt()
    {
        foreach (var (name, sample) in s_samples)
        {
            Assert.Contains($"(../samples/{name}/Program.cs)", s_page);
            Assert.Contains(s_snippets, code => sample.Contains(Words(code), StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Page_NamesErrorsThatThereAre()
    {
        var sources = string.Concat(
            Directory
                .GetFiles(Repository.At("src"), "*.cs", SearchOption.AllDirectories)
                .Where(file => file.Contains("Exception", StringComparison.Ordinal) || file.Contains("/Client/", StringComparison.Ordinal))
                .Select(File.ReadAllText)
        );
        var named = ErrorName().Matches(s_page).Select(match => match.Value).Distinct().Except(s_ofDotNet);
        Assert.All(named, name => Assert.Contains($"class {name}", sources));
    }

    // However lines are indented.
    static string Words(string code) => string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));

    [GeneratedRegex("^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"\b[A-Z]\w*Exception\b")]
    private static partial Regex ErrorName();
}
