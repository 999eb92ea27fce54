using System.CommandLine;
using CoKe.Abstractions;
using CoKe.Cli.CommandLine;
using CoKe.Cli.Output;
using CoKe.Client;
using CoKe.Errors;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace CoKe.Cli.Commands;

/// <summary><c>coke watch RUN</c>: the last committed epoch at once, then each new one as it comes.</summary>
static class WatchCommand
{
    public static Command Create(SharedOptions shared)
    {
        var run = new Argument<string>("RUN") { Description = "Name of the run." };
        var epochs = new Option<int?>("--epochs")
        {
            Description = "End after N epochs were shown, the last committed one included. Default: until Ctrl-C.",
            HelpName = "N",
        };
        epochs.Validators.Add(result => Refusals.Below(result, 1));
        var command = new Command(
            "watch",
            "Follow a run: a live table, or one line per epoch when the output is no terminal (with --json one object each)."
        )
        {
            run,
            epochs,
        };
        command.SetAction(
            shared.Asking(
                async (connection, parse, json, cancellation) =>
                {
                    var watch = new Watch(connection.Client, parse.GetRequiredValue(run), parse.GetValue(epochs) ?? int.MaxValue);
                    var terminal = shared.Terminal;
                    if (json)
                        await watch.FollowAsync(terminal.WriteJson, null, cancellation);
                    else if (!terminal.IsInteractive)
                        await watch.FollowAsync(epoch => terminal.Out.WriteLine(Tables.Line(epoch)), null, cancellation);
                    else
                        await LiveAsync(watch, terminal.Console, cancellation);
                }
            )
        );
        return command;
    }

    static async Task LiveAsync(Watch watch, IAnsiConsole console, CancellationToken cancellation)
    {
        EpochView? last = null;
        await console
            .Live(new Text("waiting for the first answer"))
            .StartAsync(live =>
                watch.FollowAsync(
                    epoch => last = epoch,
                    status =>
                    {
                        live.UpdateTarget(
                            new Rows([
                                Tables.Runs([status], console.Profile.Width),
                                .. Line(LifeTables.Remark(status) is { } remark ? $"{status.Name} {remark}" : null),
                                LifeTables.Trainers(status.Trainers),
                                .. Line(last is null ? null : $"epoch {last.Epoch}, the last committed one:"),
                                .. last is null ? Array.Empty<IRenderable>() : [Tables.Heads(last, console.Profile.Width)],
                            ])
                        );
                        live.Refresh();
                    },
                    cancellation
                )
            );
    }

    static IEnumerable<IRenderable> Line(string? text) => text is null ? [] : [new Text(VisibleText.Line(text))];

    /// <summary>Follows one run.</summary>
    sealed class Watch(CokeClient client, string run, int epochs)
    {
        /// <summary>Tells every committed epoch once and in order, and every change of the status.</summary>
        public async Task FollowAsync(Action<EpochView> onEpoch, Action<RunView>? onChange, CancellationToken cancellation)
        {
            var status = await client.GetStatusAsync(run, cancellation);
            var next = status.LastEpoch?.Epoch ?? 0;
            for (var shown = 0; ;)
            {
                for (; next <= status.LastEpoch?.Epoch && shown < epochs; next++, shown++)
                {
                    onEpoch(
                        EpochView.Of(
                            next == status.LastEpoch.Epoch ? status.LastEpoch : await client.GetEpochReportAsync(run, next, cancellation)
                        )
                    );
                }

                onChange?.Invoke(RunView.Of(status));
                if (shown >= epochs)
                    return;
                if (status.Fault is { } fault)
                    throw new RunFaultedException(run, fault);
                status = await client.WaitForChangeAsync(status, cancellation);
            }
        }
    }
}
