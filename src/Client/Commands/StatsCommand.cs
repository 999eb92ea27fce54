using System.CommandLine;
using CoKe.Client.CommandLine;
using CoKe.Client.Output;

namespace CoKe.Client.Commands;

/// <summary><c>coke stats RUN</c>: one run, its trainers and the heads of its last committed epoch.</summary>
static class StatsCommand
{
    public static Command Create(SharedOptions shared)
    {
        var run = new Argument<string>("RUN") { Description = "Name of the run." };
        var command = new Command("stats", "Show one run: progress, trainers, and the heads of its last committed epoch.") { run };
        command.SetAction(shared.Asking(async (connection, parse, json, _) =>
        {
            var view = RunView.Of(await connection.Client.GetStatusAsync(parse.GetRequiredValue(run)));
            if (json) shared.Terminal.WriteJson(view);
            else Show(shared.Terminal, view);
        }));
        return command;
    }

    static void Show(Terminal terminal, RunView run)
    {
        terminal.Console.Write(Tables.Properties(
            ("run", $"{run.Name} ({run.RunId})"),
            ("state", Tables.Remark(run) is { } remark ? $"{run.State}, {remark}" : run.State),
            ("images", $"{Tables.Number(run.Images)} of {run.Dimension} values, {run.Views} view(s), batches of {run.BatchSize}, seed {run.Seed}"),
            ("open epoch", $"{run.Epoch}: {Tables.Number(run.RowsInEpoch)} of {Tables.Number(run.Images)} images"),
            ("steps", $"{Tables.Number(run.Step)} in all, {Tables.Number(run.DurableStep)} of them durable; {Tables.Number(run.RowsAccepted)} images"),
            ("incarnation", $"{run.Incarnation}, attempt {run.Attempt}"),
            ("trainers", string.Join("; ", run.Trainers.Select(t =>
                t.Generation == 0 ? $"{t.Rank}: not here yet" : $"{t.Rank}: generation {t.Generation}, next batch {t.NextExpected}{(t.Ended ? ", epoch ended" : "")}")))));
        foreach (var warning in run.Warnings) terminal.Out.WriteLine("warning: " + warning);
        if (run.LastEpoch is null)
        {
            terminal.Out.WriteLine("No epoch is committed yet.");
            return;
        }

        terminal.Out.WriteLine($"Epoch {run.LastEpoch.Epoch}, the last committed one:");
        terminal.Console.Write(Tables.Heads(run.LastEpoch, terminal.Console.Profile.Width));
        foreach (var missed in run.Missed) terminal.Out.WriteLine(missed);
    }
}
