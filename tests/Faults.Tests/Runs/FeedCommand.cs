using System.CommandLine;
using System.Net;
using CoKe.Client;

namespace CoKe.Faults.Tests.Runs;

/// <summary>A trainer as a process, to be killed: takes a rank, goes on with the epoch that is open, and tells how far it is.</summary>
static class FeedCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("RUN");
        var rank = new Option<int>("--rank");
        var epochs = new Option<int>("--epochs") { DefaultValueFactory = _ => 1 };
        var halt = new Option<string?>("--halt") { Description = "EPOCH:STEP before which it stands still, to be killed there." };
        var gateways = new Option<string[]>("--gateway");
        var command = new Command("feed", "Feeds a run as a trainer does.") { run, rank, epochs, halt, gateways };
        command.Hidden = true;
        command.SetAction(
            (parse, _) =>
                RunAsync(
                    [.. parse.GetValue(gateways)!.Select(IPEndPoint.Parse)],
                    parse.GetRequiredValue(run),
                    parse.GetValue(rank),
                    parse.GetValue(epochs),
                    parse.GetValue(halt)
                )
        );
        return command;
    }

    static async Task<int> RunAsync(IPEndPoint[] gateways, string run, int rank, int epochs, string? halt)
    {
        await using var coke = await CokeClient.ConnectAsync([.. gateways]);
        var session = await coke.OpenSessionAsync(run, rank);
        var shape = new RunShape(session.Specification.Clustering.Seed, session.Specification.Trainers);
        await using var feeder = new Feeder(shape, session, rank);
        while (session.Epoch < epochs)
        {
            var epoch = session.Epoch;
            await feeder.EpochAsync(async step =>
            {
                await Console.Out.WriteLineAsync($"step {epoch} {step}");
                if (halt == $"{epoch}:{step}")
                    await Task.Delay(Timeout.Infinite);
            });
            await Console.Out.WriteLineAsync($"epoch {epoch}");
        }

        return 0;
    }
}
