using System.CommandLine;
using CoKe.Client.CommandLine;
using CoKe.Client.Output;

namespace CoKe.Client.Commands;

/// <summary><c>coke runs</c>: every run, live.</summary>
static class RunsCommand
{
    public static Command Create(SharedOptions shared)
    {
        var command = new Command("runs", "List every run with its epoch and its last committed numbers.");
        command.SetAction(shared.Asking(async (connection, _, json, _) =>
        {
            var listings = await connection.Client.ListRunsAsync();
            RunView[] runs = [.. listings.Where(run => run.Status is not null).Select(run => RunView.Of(run.Status!))];
            UnreachableRunView[] unreachable = [.. listings.Where(run => run.Trouble is not null).Select(run => new UnreachableRunView(run.Name, run.Trouble!))];
            if (json)
            {
                shared.Terminal.WriteJson<object[]>([.. runs, .. unreachable]);
                return;
            }

            foreach (var run in unreachable) shared.Terminal.Error.WriteLine($"Run '{run.Name}' cannot be asked: {run.Trouble}");
            if (listings.Count == 0) shared.Terminal.Out.WriteLine("No runs yet: 'coke cluster FEATURES.npy --gateway HOST:PORT ...' or a trainer creates one.");
            else shared.Terminal.Console.Write(Tables.Runs(runs));
        }));
        return command;
    }
}
