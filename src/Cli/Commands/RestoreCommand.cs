using System.CommandLine;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Output;

namespace CoKe.Cli.Commands;

/// <summary><c>coke runs restore RUN</c>: back to the last committed boundary.</summary>
static class RestoreCommand
{
    public static Command Create(SharedOptions shared)
    {
        var run = new Argument<string>("RUN") { Description = "Name of the run." };
        var command = new Command(
            "restore",
            "Take a run back to its last committed epoch. What came since is dropped, and its trainers begin the open epoch anew."
        )
        {
            run,
        };
        command.SetAction(
            shared.Asking(
                async (connection, parse, json, cancellation) =>
                {
                    var view = RunView.Of(await connection.Client.RestoreRunAsync(parse.GetRequiredValue(run), cancellation));
                    if (json)
                        shared.Terminal.WriteJson(view);
                    else
                        shared.Terminal.Out.WriteLine(
                            $"{view.Name} is back at {Place(view)} (attempt {view.Attempt}). "
                                + $"Its trainers begin epoch {view.Epoch} anew, from what they saved at its start."
                        );
                }
            )
        );
        return command;
    }

    static string Place(RunView run) =>
        run.Epoch == 0 ? "its beginning: no epoch was committed" : $"the end of epoch {run.Epoch - 1}, the last committed one";
}
