using System.Text.Json;
using CoKe.Cli.Commands;
using CoKe.Cli.Output;

namespace CoKe.Cli.Tests;

/// <summary>Runs <c>coke</c> inside the test and keeps what it wrote.</summary>
sealed record Outcome(int ExitCode, string Out, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    /// <summary>What was written for people, however its lines were broken.</summary>
    public string Words => string.Join(' ', Out.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The one line on standard error.</summary>
    public string ErrorLine => Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    public IReadOnlyList<JsonElement> JsonLines =>
        [.. Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    public static Task<Outcome> OfAsync(params string[] args) => AnsweredAsync(null, args);

    /// <summary>With a person at the terminal who says this.</summary>
    public static async Task<Outcome> AnsweredAsync(string? answer, params string[] args)
    {
        using StringWriter output = new(),
            error = new();
        using var person = answer is null ? null : new StringReader(answer);
        var exitCode = await CokeCommand.RunAsync(args, new Terminal(output, error, person: person));
        return new Outcome(exitCode, output.ToString(), error.ToString());
    }
}
