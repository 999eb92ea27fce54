using System.Text.Json;
using System.Text.RegularExpressions;
using CoKe.Errors;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Report;
using CoKe.Trainer.Runs;
using Spectre.Console;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>The whole demo on few images: silo, session, training, evaluation, report.</summary>
public sealed class TrainingRunTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly StringWriter _output = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task RunAsync_EqualSeeds_GiveEqualNumbers()
    {
        var first = await RunAsync(Options(seed: 5, "first"));
        var second = await RunAsync(Options(seed: 5, "second"));

        Assert.Equal(Timeless(first), Timeless(second));
        Assert.Equal(first.Heads, second.Heads);
    }

    [Fact]
    public async Task RunAsync_ToTheEnd_WritesSummaryAndSelfContainedReport()
    {
        await RunAsync(Options(seed: 1, "out"));

        var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Path, "out", "summary.json"))).RootElement;
        Assert.All(
            (string[])["acc", "nmi", "ari", "probe", "knn", "img_per_s", "clustering_wait_fraction", "cpu_seconds", "seconds", "seed"],
            name => Assert.Equal(JsonValueKind.Number, summary.GetProperty(name).ValueKind)
        );
        Assert.Equal(20, summary.GetProperty("options").GetProperty("recipe").GetProperty("heads")[1].GetInt32());
        var head = summary.GetProperty("heads")[0];
        Assert.Equal((10, 54.0), (head.GetProperty("k").GetInt32(), head.GetProperty("asked").GetDouble()));
        Assert.True(head.GetProperty("violation").GetDouble() <= head.GetProperty("bound").GetDouble() + 1e-6);
        Assert.True(head.GetProperty("min").GetInt32() <= head.GetProperty("max").GetInt32());
        // What was missed is said in full, and the same everywhere.
        var missing = summary
            .GetProperty("heads")
            .EnumerateArray()
            .Index()
            .Where(head => head.Item.GetProperty("missed").GetInt32() > 0)
            .Select(head => $"Head {head.Index}: ")
            .ToArray();
        var missed = summary.GetProperty("missed").EnumerateArray().Select(sentence => sentence.GetString()!).ToArray();
        Assert.Equal(missing, missed.Select(sentence => sentence[..(sentence.IndexOf(':') + 2)]));
        Assert.Equal(head.GetProperty("min").GetInt32() < 54, head.GetProperty("missed").GetInt32() > 0);

        var page = await File.ReadAllTextAsync(Path.Combine(_folder.Path, "out", "report.html"));
        var text = Regex.Replace(page, "data:image/png;base64,[^\"]*", "picture");
        Assert.Equal(10, text.Split("src=\"picture\"").Length - 1);
        Assert.Contains("<svg", text);
        Assert.DoesNotContain("http", text);
        Assert.DoesNotContain("NaN", text);
        Assert.Contains("label NMI", _output.ToString());
        Assert.All(missed, sentence => Assert.Contains(sentence, text));
        Assert.All(missed, sentence => Assert.Contains(sentence[..30], _output.ToString()));
    }

    [Fact]
    public async Task RunAsync_MoreClustersThanImages_IsRefusedByName()
    {
        var options = Options(seed: 1, "out") with
        {
            Images = 50,
            Recipe = RecipeDefaults.Recipe with { Heads = [10, 60], Schedule = RecipeDefaults.Recipe.Schedule with { Epochs = 1 } },
        };

        Assert.Contains("60", (await Assert.ThrowsAsync<InvalidOptionsException>(() => RunAsync(options))).Message);
    }

    Task<Summary> RunAsync(RunOptions options)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_output) });
        return new TrainingRun(options, new RunScreen(console, live: false)).RunAsync(CancellationToken.None);
    }

    RunOptions Options(int seed, string name) =>
        new(
            Data: null,
            seed,
            Path.Combine(_folder.Path, name),
            Images: 600,
            Threads: 1,
            Device: "cpu",
            RecipeDefaults.Recipe with
            {
                Schedule = RecipeDefaults.Recipe.Schedule with { Epochs = 2 },
                Heads = [10, 20],
            }
        );

    static (double?, double?, double?, double?, double?) Timeless(Summary s) => (s.Acc, s.Nmi, s.Ari, s.Probe, s.Knn);
}
