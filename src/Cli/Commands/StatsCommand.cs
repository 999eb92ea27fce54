using System.CommandLine;
using CoKe.Abstractions;
using CoKe.Alarms;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Output;
using CoKe.Client;

namespace CoKe.Cli.Commands;

/// <summary><c>coke stats RUN</c>: one run, its trainers and the heads of its last committed epoch.</summary>
static class StatsCommand
{
    // The last epoch is judged against so many before it: enough to tell that labels have ceased to agree, and few to read.
    const int EpochsBefore = 10;

    public static Command Create(SharedOptions shared)
    {
        var run = new Argument<string>("RUN") { Description = "Name of the run." };
        var failOnAlarm = new Option<bool>("--fail-on-alarm")
        {
            Description = "Exit with 4 when something looks wrong in the last committed epoch.",
        };
        var command = new Command(
            "stats",
            "Show one run: what it does, its trainers, the heads of its last committed epoch, and what looks wrong in it. "
                + "Alarms of losses and embeddings are the trainer's, in its summary.json."
        )
        {
            run,
            failOnAlarm,
        };
        command.SetAction(
            shared.Judging(
                async (connection, parse, json) =>
                {
                    var status = await connection.Client.GetStatusAsync(parse.GetRequiredValue(run));
                    var view = RunView.Of(status, await BeforeAsync(connection.Client, status));
                    if (json)
                        shared.Terminal.WriteJson(view);
                    else
                        Show(shared.Terminal, view);
                    return parse.GetValue(failOnAlarm) && view.Alarms.Count > 0 ? ExitCode.AlarmStands : ExitCode.Done;
                }
            )
        );
        return command;
    }

    static async Task<IReadOnlyList<EpochReport>> BeforeAsync(CokeClient client, RunStatus status)
    {
        if (status.LastEpoch is not { Epoch: > 0 } last)
            return [];
        var first = Math.Max(0, last.Epoch - EpochsBefore);
        return await Task.WhenAll(
            Enumerable.Range(first, last.Epoch - first).Select(epoch => client.GetEpochReportAsync(status.Name, epoch))
        );
    }

    static void Show(Terminal terminal, RunView run)
    {
        terminal.Console.Write(
            Tables.Properties(
                ("run", $"{run.Name} ({run.RunId})"),
                ("state", LifeTables.Remark(run) is { } remark ? $"{LifeTables.State(run)}: {remark}" : LifeTables.State(run)),
                ("times", LifeTables.Times(run)),
                (
                    "images",
                    $"{Tables.Number(run.Images)} of {run.Dimension} values, {run.Views} view(s), batches of {run.BatchSize}, "
                        + $"seed {run.Seed}"
                ),
                ("open epoch", $"{run.Epoch}: {Tables.Number(run.RowsInEpoch)} of {Tables.Number(run.Images)} images"),
                (
                    "steps",
                    $"{Tables.Number(run.Step)} in all, {Tables.Number(run.DurableStep)} of them durable; "
                        + $"{Tables.Number(run.RowsAccepted)} images"
                ),
                ("incarnation", $"{run.Incarnation}, attempt {run.Attempt}"),
                ("pace", LifeTables.Pace(run)),
                ("silos", Tables.Scorers(run.Scorers))
            )
        );
        terminal.Console.Write(LifeTables.Trainers(run.Trainers));
        foreach (var warning in run.Warnings)
            terminal.Out.WriteLine("warning: " + warning);
        if (run.LastEpoch is null)
        {
            terminal.Out.WriteLine("No epoch is committed yet.");
            return;
        }

        terminal.Out.WriteLine($"Epoch {run.LastEpoch.Epoch}, the last committed one:");
        terminal.Console.Write(Tables.Heads(run.LastEpoch, terminal.Console.Profile.Width));
        foreach (var missed in run.Missed)
            terminal.Out.WriteLine(missed);
        foreach (var alarm in AlarmText.Lines(run.Alarms))
            terminal.Out.WriteLine("alarm: " + alarm);
    }
}
