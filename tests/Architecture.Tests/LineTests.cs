namespace CoKe.Architecture.Tests;

/// <summary>What is read in one go: lines that a screen shows, and files of a few pages.</summary>
public sealed class LineTests
{
    const int Columns = 140,
        Lines = 350;

    static readonly string[] Folders = ["src", "tests", "benchmarks", "samples"];

    static IEnumerable<(string Path, string[] Lines)> Sources =>
        Folders
            .SelectMany(folder => Directory.EnumerateFiles(Repository.At(folder), "*.cs", SearchOption.AllDirectories))
            .Where(path => !path.Split('/').Any(part => part is "obj" or "bin"))
            .Select(path => (Path.GetRelativePath(Repository.At(""), path), File.ReadAllLines(path)));

    [Fact]
    public void Sources_HaveNoLineThatAScreenCuts() =>
        Assert.Equal(
            [],
            Sources.SelectMany(file =>
                file.Lines.Index().Where(line => line.Item.Length > Columns).Select(line => $"{file.Path}:{line.Index + 1}")
            )
        );

    [Fact]
    public void Sources_AreReadInOneGo() =>
        Assert.Equal([], Sources.Where(file => file.Lines.Length > Lines).Select(file => $"{file.Path} has {file.Lines.Length} lines"));

    [Fact]
    public void Sources_AreFound() => Assert.InRange(Sources.Count(), 900, 5_000);
}
