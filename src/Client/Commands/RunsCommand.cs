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
            var runs = (await connection.Client.ListRunsAsync()).Select(RunView.Of).ToArray();
            if (json) shared.Terminal.WriteJson(runs);
            else if (runs.Length == 0) shared.Terminal.Out.WriteLine("No runs yet: 'coke cluster FEATURES.npy --gateway HOST:PORT ...' or a trainer creates one.");
            else shared.Terminal.Console.Write(Tables.Runs(runs));
        }));
        return command;
    }
}
