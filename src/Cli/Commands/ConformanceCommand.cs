using System.CommandLine;
using CoKe.Cli.CommandLine;
using CoKe.Client.Conformance;
using CoKe.ConstrainedKMeans.Conformance;

namespace CoKe.Cli.Commands;

/// <summary><c>coke conformance FILE.json.gz</c>: replays golden vectors through the actors and compares every step.</summary>
static class ConformanceCommand
{
    public static Command Create(SharedOptions shared)
    {
        var file = new Argument<string>("FILE.json.gz") { Description = "Golden file of any kind, JSON with or without gzip." };
        var command = new Command(
            "conformance",
            "Replay golden vectors through the actors (in a silo inside this process unless --gateway is given); "
                + $"exit code 1 on a different label or count, or an error above {GoldenComparison.Tolerance:0.######}."
        )
        {
            file,
        };
        command.SetAction((parse, cancellation) => RunAsync(shared, parse, parse.GetRequiredValue(file), cancellation));
        return command;
    }

    static async Task<int> RunAsync(SharedOptions shared, ParseResult parse, string file, CancellationToken cancellation)
    {
        var scenarios = GoldenFile.Read(file);
        await using var connection = await shared.ConnectAsync(parse, SiloNeed.Scratch, cancellation);
        var replay = new ActorReplay(connection.Client);

        // Each replay needs runs of its own; no result depends on their names.
        var series = $"conformance-{Guid.NewGuid():N}"[..20];
        var cases = new List<ConformanceCaseView>(scenarios.Count);
        var all = new GoldenComparison();
        foreach (var (number, scenario) in scenarios.Index())
        {
            var comparison = await replay.RunAsync(scenario, $"{series}-{number}", cancellation);
            all.Add(comparison);
            cases.Add(ConformanceCaseView.Of(scenario.Name, comparison));
        }

        var view = new ConformanceView(file, all.Passes, ConformanceCaseView.Of("all", all), cases);
        if (parse.GetValue(shared.Json))
            shared.Terminal.WriteJson(view);
        else
            view.Show(shared.Terminal);
        return all.Passes ? ExitCode.Done : ExitCode.Different;
    }
}
