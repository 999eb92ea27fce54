using System.CommandLine;
using CoKe.Settings;
using CoKe.Trainer.Recipes;
using CoKe.Trainer.Runs;

namespace CoKe.Trainer.Commands;

/// <summary>The options of the demo: a run of one recipe, with a few of its keys as options.</summary>
sealed class DemoArguments
{
    /// <summary>The recipe that the demo runs.</summary>
    public const string RecipeName = "fashion-mnist";

    /// <summary>What the recipe says, for the help of every command, which reads no recipe; a test compares the two.</summary>
    internal const string Epochs = "48",
        Heads = "10,10,10,20,30,50,70,100";

    readonly RunArguments _run = new();
    readonly Option<int> _epochs = new("--epochs") { Description = $"Epochs of training, after one scan. Default: {Epochs}." };
    readonly Option<int[]> _heads = new("--heads")
    {
        Description = $"Number of clusters of every head; the smallest is evaluated. Default: {Heads}.",
        HelpName = "K[,K...]",
        CustomParser = HeadsArgument.Parse,
        AllowMultipleArgumentsPerToken = true,
    };
    readonly Option<double> _rotation = new("--rotation")
    {
        Description = "Rotate views by up to so many degrees; 15 suits digits. Default: 0.",
    };
    readonly Option<bool?> _flip = new("--flip")
    {
        Description =
            "Mirror half of the views, true or false. Default: color images yes, gray ones no (digits, letters and shoes have a side).",
    };

    readonly Option<int?> _evaluateEvery = new("--evaluate-every")
    {
        Description = "Every so many epochs, show what the classes say; training does not notice. Default: never.",
        HelpName = "N",
    };

    public DemoArguments()
    {
        RunArguments.AtLeast(_evaluateEvery, 1);
        RunArguments.AtLeast(_epochs, 1);
        _rotation.Validators.Add(result =>
        {
            if (RunArguments.NumberIn(result) is not (null or (>= 0 and <= 180)))
                result.AddError("--rotation must be 0 to 180 degrees.");
        });
    }

    public IEnumerable<Option> All => [.. _run.All.First, _epochs, _heads, _rotation, _flip, _evaluateEvery, .. _run.All.Last];

    /// <summary>Those that every command has which trains.</summary>
    public RunArguments Run => _run;

    /// <inheritdoc cref="RunArguments.Read"/>
    public RunOptions Read(ParseResult line) => _run.Read(line, () => RecipeReader.Read(RecipeName, values =>
                {
                    _run.Take(line, values);
                    RunArguments.Take(line, _epochs, "schedule.epochs", values);
                    if (line.GetValue(_epochs) == 1)
                        // The recipe's own would leave nothing of it.
                        RecipeText.Set("schedule.warm-up-epochs", "0.5", _epochs.Name, values);
                    RunArguments.Take(line, _heads, "heads", values);
                    RunArguments.Take(line, _rotation, "views.rotation", values);
                    RunArguments.Take(line, _evaluateEvery, "evaluation.every", values);
                    if (line.GetValue(_flip) is { } mirrored)
                        RecipeText.Set("views.flip", mirrored ? "true" : "false", _flip.Name, values);
                }), begun => Agree(line, begun), _ => RunOptions.DefaultRunName);

    Recipe Agree(ParseResult line, RunRecord begun)
    {
        RunArguments.Agree(line, _epochs, begun.Recipe.Schedule.Epochs, RunArguments.Text);
        RunArguments.Agree(line, _heads, [.. begun.Recipe.Heads], k => string.Join(' ', k!));
        RunArguments.Agree(line, _rotation, begun.Recipe.Views.Rotation ?? 0, RunArguments.Text);
        RunArguments.Agree(line, _flip, begun.Recipe.Views.Flip, RunArguments.Text);
        return line.GetValue(_evaluateEvery) is { } every
            ? begun.Recipe with
            {
                Evaluation = begun.Recipe.Evaluation with { EvaluateEvery = every },
            }
            : begun.Recipe;
    }
}
