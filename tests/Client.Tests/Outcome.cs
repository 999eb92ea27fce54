using System.Text.Json;
using CoKe.Client.CommandLine;
using CoKe.Client.Output;

namespace CoKe.Client.Tests;

/// <summary>Runs <c>coke</c> inside the test and keeps what it wrote.</summary>
sealed record Outcome(int ExitCode, string Out, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public IReadOnlyList<JsonElement> JsonLines => [.. Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    public static async Task<Outcome> OfAsync(params string[] args)
    {
        using StringWriter output = new(), error = new();
        var exitCode = await CokeCommand.RunAsync(args, new Terminal(output, error));
        return new Outcome(exitCode, output.ToString(), error.ToString());
    }
}
