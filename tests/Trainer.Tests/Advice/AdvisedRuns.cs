using System.CommandLine.Parsing;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Tests.Data.ImageFolders;
using CoKe.Trainer.Tests.Recipes;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Advice;

/// <summary>Runs and images whose advice is followed.</summary>
public abstract class AdvisedRuns : IDisposable
{
    private protected const int Count = 60,
        Broken = 12;

    private protected readonly SmallDemo _demo = new() { Replaces = false }; // its output, and how it is run

    private protected readonly ImageTree _tree = new();

    public void Dispose()
    {
        _demo.Dispose();
        _tree.Dispose();
    }

    private protected string Line => $"{WriteRecipe()} --out {_demo.Out}";

    /// <summary>The line of coke-train that a message names in quotes.</summary>
    private protected static string Advised(string message) =>
        message[(message.IndexOf("'coke-train train ", StringComparison.Ordinal) + "'coke-train train ".Length)..].Split('\'')[0];

    private protected static RunOptions Read(string line) => TrainLine.Read([.. CommandLineParser.SplitCommandLine(line)]);

    private protected void WriteImages(int seed = 0)
    {
        for (var i = 0; i < Count; i++)
            _tree.Write($"images/{(char)('a' + i / 20)}/{i}.png", ImageTree.Png(18 + i % 5 + seed, 24, 10 * (i / 20) + i % 3));
    }

    private protected string WriteRecipe() =>
        _tree.Write(
            "small.yaml",
            System.Text.Encoding.UTF8.GetBytes(
                $"""
                about: {"{"}what: small, source: a test{"}"}
                data: {"{"}folder: {_tree.File("images")}{"}"}
                views: {"{"}preset: small-color, large-size: 16{"}"}
                encoder: {"{"}backbone: small-net, width: 4, hidden-size: 16, dimension: 8{"}"}
                heads: [3]
                schedule: {"{"}epochs: 2, batch-size: 20{"}"}
                """
            )
        );
}
