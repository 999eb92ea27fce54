using System.CommandLine;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Output;

namespace CoKe.Cli.Commands;

/// <summary><c>coke runs</c>: every run, live; and what can be done to one.</summary>
static class RunsCommand
{
    public static Command Create(SharedOptions shared)
    {
        var command = new Command("runs", "List every run: what it does, its epoch, how fast it is, and its last committed numbers.")
        {
            RestoreCommand.Create(shared),
            DeleteCommand.Create(shared),
        };
        command.SetAction(
            shared.Asking(
                async (connection, _, json, cancellation) =>
                {
                    var listings = await connection.Client.ListRunsAsync(cancellation);
                    RunView[] runs = [.. listings.Where(run => run.Status is not null).Select(run => RunView.Of(run.Status!))];
                    UnreachableRunView[] unreachable =
                    [
                        .. listings.Where(run => run.Trouble is not null).Select(run => new UnreachableRunView(run.Name, run.Trouble!)),
                    ];
                    if (json)
                        shared.Terminal.WriteJson<object[]>([.. runs, .. unreachable]);
                    else
                        Show(shared.Terminal, runs, unreachable);
                }
            )
        );
        return command;
    }

    static void Show(Terminal terminal, RunView[] runs, UnreachableRunView[] unreachable)
    {
        if (runs.Length > 0)
            terminal.Console.Write(Tables.Runs(runs, terminal.Console.Profile.Width));
        else if (unreachable.Length == 0)
            terminal.Out.WriteLine("No runs yet: 'coke cluster FEATURES.npy ...' or a trainer creates one.");
        foreach (var run in runs)
            if (LifeTables.Remark(run) is { } remark)
                terminal.Out.WriteLine($"{run.Name} {remark}");
        foreach (var run in unreachable)
            terminal.Error.WriteLine($"{run.Name} cannot be asked: {run.Trouble}");
    }
}
