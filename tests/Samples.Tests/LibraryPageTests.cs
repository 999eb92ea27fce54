using System.Text.RegularExpressions;

namespace CoKe.Samples.Tests;

/// <summary>docs/library.md shows what the samples do.</summary>
public sealed partial class LibraryPageTests
{
    static readonly string _s_page = Repository.Read("docs/library.md");

    static readonly string[] _s_snippets = [.. Snippet().Matches(_s_page).Select(match => match.Groups["code"].Value)];

    static readonly string[] _s_ofDotNet = [nameof(OperationCanceledException), nameof(ObjectDisposedException)];

    // What each sample's program says, by its folder.
    static readonly Dictionary<string, string> _s_samples = Directory
        .GetDirectories(Repository.At("samples"))
        .ToDictionary(folder => Path.GetFileName(folder), folder => Words(File.ReadAllText(Path.Combine(folder, "Program.cs"))));

    public static TheoryData<string> Snippets => [.. _s_snippets];

    [Theory]
    [MemberData(nameof(Snippets))]
    public void Snippet_StandsInASample(string code) =>
        Assert.True(
            _s_samples.Values.Any(sample => sample.Contains(Words(code), StringComparison.Ordinal)),
            $"No sample has this code of docs/library.md; move the page along:\n{code}"
        );

    [Fact]
    public void Page_LinksEverySample_AndShowsCodeOfIt()
    {
        foreach (var (name, sample) in _s_samples)
        {
            Assert.Contains($"(../samples/{name}/Program.cs)", _s_page);
            Assert.Contains(_s_snippets, code => sample.Contains(Words(code), StringComparison.Ordinal));
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
        var named = ErrorName().Matches(_s_page).Select(match => match.Value).Distinct().Except(_s_ofDotNet);
        Assert.All(named, name => Assert.Contains($"class {name}", sources));
    }

    // However lines are indented.
    static string Words(string code) => string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));

    [GeneratedRegex("^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"\b[A-Z]\w*Exception\b")]
    private static partial Regex ErrorName();
}
