using System.CommandLine;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Output;
using CoKe.Client;
using CoKe.Errors;

namespace CoKe.Cli.Commands;

/// <summary><c>coke runs delete RUN</c>: removes a run and all that it stored.</summary>
static class DeleteCommand
{
    public static Command Create(SharedOptions shared)
    {
        var run = new Argument<string>("RUN") { Description = "Name of the run." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        yes.Aliases.Add("-y");
        var command = new Command("delete", "Remove a run and everything it stored. Asks first.") { run, yes };
        command.SetAction(
            async (parse, cancellation) =>
            {
                await using var connection = await shared.ConnectAsync(parse, SiloNeed.ExistingRuns, cancellation);
                var name = parse.GetRequiredValue(run);
                if (!parse.GetValue(yes) && !await AgreesAsync(shared.Terminal, connection.Client, name))
                {
                    shared.Terminal.Error.WriteLine("Nothing was deleted.");
                    return ExitCode.Refused;
                }

                await connection.Client.DeleteRunAsync(name, cancellation);
                if (parse.GetValue(shared.Json))
                    shared.Terminal.WriteJson(new DeletedRunView(name));
                else
                    shared.Terminal.Out.WriteLine($"{name} is deleted.");
                return ExitCode.Done;
            }
        );
        return command;
    }

    static async Task<bool> AgreesAsync(Terminal terminal, CokeClient client, string run) =>
        terminal.Confirm($"Delete run '{run}'{await DescribeAsync(client, run)} and everything it stored?")
        ?? throw new InvalidOptionsException("yes", run, $"Nobody can be asked whether run '{run}' shall be deleted: give --yes.");

    // A run that can say nothing of itself, because it is damaged or was half deleted before, can be deleted all the same.
    static async Task<string> DescribeAsync(CokeClient client, string run)
    {
        try
        {
            var view = RunView.Of(await client.GetStatusAsync(run));
            return $" ({Tables.Number(view.Images)} images, {view.Epoch} committed epochs)";
        }
        catch (CokeException)
        {
            return "";
        }
    }

    /// <summary>What <c>--json</c> shows of a deleted run.</summary>
    sealed record DeletedRunView(string Deleted);
}
