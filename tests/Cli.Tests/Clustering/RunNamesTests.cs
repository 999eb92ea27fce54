using CoKe.Abstractions;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Tests.Features;
using CsCheck;

namespace CoKe.Cli.Tests.Clustering;

/// <summary>A run that is called after a file can be named on a command line, whatever the file is called.</summary>
public sealed class RunNamesTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("x", "x")]
    [InlineData("imagenet_r50.v2", "imagenet_r50.v2")]
    [InlineData("a b", "a-b")]
    [InlineData("a (1)", "a-1")]
    [InlineData("--heads", "heads")]
    [InlineData("-x", "x")]
    [InlineData("特徴v2", "v2")]
    [InlineData("naïve", "na-ve")]
    [InlineData("..hidden", "hidden")]
    public void After_NameWithLettersOrDigits_KeepsThem(string stem, string name) => Assert.Equal(name, RunNames.After(stem, "features"));

    [Theory]
    [InlineData("特徴")]
    [InlineData("é")]
    [InlineData("-")]
    [InlineData("--")]
    [InlineData("...")]
    [InlineData("___")]
    [InlineData("")]
    [InlineData("😀")]
    public void After_NameOfWhichNothingStays_IsTheFallbackAndItsOwnNumber(string stem)
    {
        var name = RunNames.After(stem, "features");
        Assert.Matches(@"\Afeatures-[0-9a-f]{6}\z", name);
        Assert.Equal(name, RunNames.After(stem, "features"));
        Assert.NotEqual(name, RunNames.After("実験", "features"));
    }

    [Fact]
    public void After_LongName_LeavesRoomForANumber() =>
        Assert.Equal(new string('x', 56), RunNames.After(new string('x', 200), "features"));

    [Fact]
    public void After_AnyName_IsAddressable() =>
        Gen.String.Sample(stem =>
        {
            var name = RunNames.After(stem, "features");
            return RunSpecification.IsName(name + "-999") && name[0] is not ('-' or '.');
        });

    [Theory]
    [InlineData("特徴")]
    [InlineData("--heads")]
    [InlineData("-")]
    public async Task Cluster_FileOfThatName_LeavesARunThatOtherCommandsTake(string stem)
    {
        Blobs.Save(_folder.File(stem + ".npy"), 200, 6, 3);
        string[] data = ["--data", _folder.File("runs.db")];
        string[] line = ["cluster", _folder.File(stem + ".npy"), "--heads", "3", "--epochs", "2", "--out", _folder.File("y.npy"), "--json"];
        var run = (await Outcome.OfAsync([.. line, .. data])).Json.GetProperty("run").GetString()!;
        Assert.Equal(ExitCode.Done, (await Outcome.OfAsync(["stats", run, .. data])).ExitCode);
        Assert.Equal(ExitCode.Done, (await Outcome.OfAsync(["export", run, "--labels", _folder.File("l.npy"), .. data])).ExitCode);
        Assert.Equal(ExitCode.Done, (await Outcome.OfAsync(["runs", "delete", run, "--yes", .. data])).ExitCode);
    }

    [Fact]
    public void Validate_NameThatCannotBe_IsNamed()
    {
        var clustering = new ConstrainedKMeans.ClusteringOptions
        {
            ImageCount = 9,
            Dimension = 2,
            BatchSize = 3,
            Heads = [new() { ClusterCount = 2 }],
        };
        var refused = Assert.Throws<CoKe.Errors.InvalidOptionsException>(new RunSpecification("実験", clustering).Validate);
        Assert.StartsWith("A run cannot be called '実験': use 1 to 64 letters", refused.Message);
    }
}
