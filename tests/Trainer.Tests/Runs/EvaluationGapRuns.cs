using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.RegularExpressions;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Data;
using CoKe.Trainer.Tests.Data.ImageFolders;
using CoKe.Trainer.Tests.Recipes;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Runs;

/// <summary>Runs some of whose images or classes cannot be evaluated.</summary>
public abstract class EvaluationGapRuns : IDisposable
{
    private protected const int PerClass = 30;

    private protected readonly SmallDemo _demo = new(); // its output, and how it is run

    private protected readonly ImageTree _tree = new();

    public void Dispose()
    {
        _demo.Dispose();
        _tree.Dispose();
    }

    /// <summary>What was shown, however wide the console is.</summary>
    private protected string Output => Unwrapped(_demo.Output.ToString());

    private protected static string Unwrapped(string text) => Regex.Replace(text, @"\e\[[0-9;]*m|\s", "");

    private protected static RunOptions Read(string line) => TrainLine.Read([.. CommandLineParser.SplitCommandLine(line)]);

    /// <summary>In the output, in the report and in summary.json; and the run is finished.</summary>
    private protected void AssertSaid(string problem)
    {
        var summary = JsonDocument.Parse(File.ReadAllText(RunFolder.SummaryOf(_demo.Out))).RootElement;
        Assert.Contains(summary.GetProperty("not_evaluated").EnumerateArray(), sentence => sentence.GetString()!.Contains(problem));
        Assert.Contains(Unwrapped(problem), Output);
        Assert.Contains(problem, File.ReadAllText(RunFolder.ReportOf(_demo.Out)));
        Assert.True(RunFolder.IsComplete(_demo.Out, RunFolder.Find(_demo.Out)!));
    }

    private protected void WriteTraining()
    {
        foreach (var (number, name) in ((string[])["a", "b", "c"]).Index())
            for (var i = 0; i < PerClass; i++)
                _tree.Write($"images/train/{name}/{i}.png", ImageTree.Png(18 + i % 5, 24, 10 * number + i % 3));
    }

    private protected void WriteVal(string kind)
    {
        void Images(string folder, int number)
        {
            for (var i = 0; i < 8; i++)
                _tree.Write($"images/val/{folder}{i}.png", ImageTree.Png(20, 24, 10 * number + i));
        }
        if (kind is "some-empty" or "some-damaged" or "all-empty" or "one-class-too-many" or "whole")
            foreach (var (number, name) in ((string[])["a", "b", "c"]).Index())
                Images($"{name}/", number);
        switch (kind)
        {
            case "some-empty":
                for (var i = 0; i < 6; i++)
                {
                    _tree.Write($"images/val/b/{i}.png", []);
                    _tree.Write($"images/val/c/{i}.png", []);
                }
                break;
            case "some-damaged":
                for (var i = 0; i < 6; i++)
                {
                    _tree.Write($"images/val/b/{i}.png", "<html>"u8.ToArray());
                    _tree.Write($"images/val/c/{i}.png", ImageTree.Png(20, 24, 1)[..20]);
                }
                break;
            case "all-empty":
                foreach (var file in Directory.GetFiles(_tree.File("images/val"), "*", SearchOption.AllDirectories))
                    File.WriteAllBytes(file, []);
                break;
            case "flat":
                Images("", 0);
                break;
            case "in-one-folder":
                Images("images/", 0);
                _tree.Write("images/val/val_annotations.txt", [1]);
                break;
            case "other-classes":
                Images("x/", 0);
                Images("y/", 1);
                break;
            case "one-class-too-many":
                Images("z/", 4);
                break;
            case "no-images":
                _tree.Write("images/val/notes.txt", [1]);
                break;
            case "too-deep":
                Images(string.Concat(Enumerable.Repeat("d/", 40)), 0);
                break;
        }
    }

    private protected static void Spoil(string data, string fault)
    {
        string File(string name) => Path.Combine(data, name);
        void Cut(string name) => System.IO.File.WriteAllBytes(File(name), System.IO.File.ReadAllBytes(File(name))[..^5]);
        switch (fault)
        {
            case "no-labels":
                System.IO.File.Delete(File("train-labels-idx1-ubyte"));
                break;
            case "no-test-labels":
                System.IO.File.Delete(File("test-labels-idx1-ubyte"));
                break;
            case "none-at-all":
                System.IO.File.Delete(File("train-labels-idx1-ubyte"));
                System.IO.File.Delete(File("test-labels-idx1-ubyte"));
                break;
            case "truncated-labels":
                Cut("train-labels-idx1-ubyte");
                break;
            case "too-few-labels":
                System.IO.File.WriteAllBytes(File("train-labels-idx1-ubyte"), IdxFiles.Idx([9], 9));
                break;
            case "truncated-test":
                Cut("test-images-idx3-ubyte");
                break;
            case "test-of-another-size":
                System.IO.File.WriteAllBytes(File("test-images-idx3-ubyte"), IdxFiles.Idx([60, 9, 9], 60 * 81));
                break;
            case "one-pair-without-labels":
                foreach (var name in (string[])["train-labels-idx1-ubyte", "test-labels-idx1-ubyte", "test-images-idx3-ubyte"])
                    System.IO.File.Delete(File(name));
                System.IO.File.Move(File("train-images-idx3-ubyte"), File("digits-images-idx3-ubyte"));
                break;
        }
    }

    private protected string WriteRecipe() =>
        _tree.Write(
            "small.yaml",
            System.Text.Encoding.UTF8.GetBytes(
                $"""
                about: {"{"}what: small, source: a test{"}"}
                data: {"{"}format: any, folder: {_tree.File("images")}{"}"}
                views: {"{"}preset: small-color, large-size: 16{"}"}
                encoder: {"{"}backbone: small-net, width: 4, hidden-size: 16, dimension: 8{"}"}
                heads: [3]
                schedule: {"{"}epochs: 2, batch-size: 30{"}"}
                """
            )
        );
}
