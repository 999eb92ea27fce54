using System.CommandLine;
using CoKe.Errors;
using CoKe.Learning.Evaluation;
using CoKe.Trainer.Commands;
using CoKe.Trainer.Runs;
using CoKe.Trainer.Tests.Resume;

namespace CoKe.Trainer.Tests.Evaluation;

/// <summary>Runs that are evaluated from outside.</summary>
public abstract class EvaluatedRuns : IDisposable
{
    private protected readonly SmallDemo _demo = new();

    private protected readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _demo.Dispose();
        _folder.Dispose();
    }

    private protected static Strike Kill(int step) =>
        new()
        {
            Stepped = done =>
            {
                if (done == step)
                    throw new Killed();
            },
        };

    /// <summary>What a command line evaluates to.</summary>
    internal static async Task<EncoderScores> EvaluateAsync(string line)
    {
        var arguments = new EvaluateArguments();
        var command = new Command("evaluate");
        arguments.AddTo(command);
        var parse = command.Parse(line);
        Assert.Empty(parse.Errors);
        return await new EncoderEvaluation(arguments.Read(parse)).RunAsync(CancellationToken.None);
    }

    private protected static async Task RefusedAsync(string line, string message) =>
        Assert.Contains(message, (await Assert.ThrowsAnyAsync<CokeException>(() => EvaluateAsync(line))).Message);

    /// <summary>What the run goes on from, without the clustering's own database.</summary>
    private protected string[] State() =>
        [
            .. Directory
                .EnumerateFiles(RunFolder.StateOf(_demo.Out))
                .Where(file => file.EndsWith(".save") || file.EndsWith(".json"))
                .Order()
                .Select(file =>
                    $"{Path.GetFileName(file)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}"
                ),
        ];
}
