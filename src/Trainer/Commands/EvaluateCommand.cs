using CoKe.Alarms;
using CoKe.Connections;
using CoKe.Display;
using CoKe.Errors;
using CoKe.Learning.Evaluation;
using Spectre.Console;

namespace CoKe.Trainer.Commands;

/// <summary>The command line of evaluation.</summary>
static class EvaluateCommand
{
    const int PlainWidth = 200;

    public static System.CommandLine.Command Create()
    {
        var arguments = new EvaluateArguments();
        var command = new System.CommandLine.Command(
            "evaluate",
            "Compares a trained encoder and its clusters with the true classes: ACC, NMI and ARI of every head, linear probes, "
                + "nearest neighbors."
        );
        arguments.AddTo(command);
        command.SetAction(
            async (line, cancellation) =>
            {
                try
                {
                    var scores = await new EncoderEvaluation(arguments.Read(line)).RunAsync(cancellation);
                    if (line.GetValue(arguments.Json))
                        await Console.Out.WriteAsync($"{scores.ToJson()}\n"); // not as one line: it has several
                    else
                        Write(scores, AnsiConsole.Console);
                    return line.GetValue(arguments.FailOnAlarm) && scores.Alarms.Count > 0 ? ExitCode.AlarmStands : ExitCode.Done;
                }
                catch (Exception e) when (e is CokeException or IOException or UnauthorizedAccessException)
                {
                    await Console.Error.WriteLineAsync(ConnectionAdvice.Of(e));
                    return ExitCode.Refused;
                }
                catch (Exception e) when (e is TimeoutException or OrleansException)
                {
                    await Console.Error.WriteLineAsync(
                        $"The silos went away or stay silent ({VisibleText.Sentence(e.Message).TrimEnd('.')}): see that they run, "
                            + "then repeat the command."
                    );
                    return ExitCode.Refused;
                }
                catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                {
                    await Console.Error.WriteLineAsync("Stopped.");
                    return ExitCode.Interrupted;
                }
            }
        );
        return command;
    }

    static void Write(EncoderScores scores, IAnsiConsole console)
    {
        if (Console.IsOutputRedirected)
            console.Profile.Width = PlainWidth;
        console.Say(
            $"{scores.What}{(scores.Epoch is { } epoch ? $" after epoch {epoch}" : "")}, on {scores.Data}: "
                + $"{scores.TrainImages:N0} training and {scores.TestImages:N0} test images."
        );
        if (scores.PassedOver is { } passedOver)
            console.Say($"In {scores.What} {passedOver}.");
        foreach (var gap in scores.NotEvaluated)
            console.Say($"Warning: not evaluated: {gap}", new Style(Color.Yellow));
        var features = new Table().RoundedBorder().AddColumns("features, on test images", "accuracy");
        features.Columns[1].RightAligned();
        features
            .AddRow("linear probe, SGD", Score(scores.ProbeSgd))
            .AddRow("linear probe, L-BFGS", Score(scores.ProbeLbfgs))
            .AddRow("20 nearest neighbors", Score(scores.Knn20))
            .AddRow("200 nearest neighbors", Score(scores.Knn200));
        console.Write(features);
        foreach (var line in AlarmText.Lines(scores.Alarms))
            console.Say($"Alarm: {line}", new Style(Color.Yellow));
        if (scores.Heads.Count == 0)
            return;
        var heads = new Table().RoundedBorder().AddColumns("K", "test ACC", "NMI", "ARI", "training ACC", "NMI", "ARI");
        foreach (var column in heads.Columns)
            column.RightAligned();
        foreach (var head in scores.Heads)
            heads.AddRow(
                $"{head.K}",
                Score(head.Test.Acc),
                Score(head.Test.Nmi),
                Score(head.Test.Ari),
                Score(head.Train?.Acc),
                Score(head.Train?.Nmi),
                Score(head.Train?.Ari)
            );
        console.Write(heads);
    }

    static string Score(double? score) => score is { } known ? $"{known:0.000}" : "-";
}
